"""Reports of findings as a page, as Markdown, as JSON and on paper; and whether they still hold."""
