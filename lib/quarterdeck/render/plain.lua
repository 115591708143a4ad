-- HTML in Markdown is shown as text; commonmark's reader has no way to switch it off.
function RawInline(raw) return pandoc.Str(raw.text) end
function RawBlock(raw) return pandoc.Para { pandoc.Str(raw.text) } end
