"""From a report to a message: compose its digest, lay it out as HTML and text, draw its charts, write the mail."""
