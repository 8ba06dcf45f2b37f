"""The only package that opens, lists, writes and removes files. Everything else names paths.

A pull request controls names, links and kinds of files below a project's root. `root` decides what may be read there,
`opening` opens it without following a link, `patterns` and `selection` find what a glob means, `own` keeps the files
that provision writes for itself, and `named` opens what a user named on the command line.
"""
