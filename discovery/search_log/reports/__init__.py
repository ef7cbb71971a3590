"""The report on gaps as people take it along: a page, tables, a document."""
