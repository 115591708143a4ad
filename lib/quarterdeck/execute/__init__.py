"""From the master notebook and a persona to an executed notebook, its facts and their rows."""
