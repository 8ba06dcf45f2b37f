"""Opens, lists, writes and removes files. Other packages only pass paths to this package.

A pull request controls the names, links and types of files below a project's root. Therefore `root` decides which files
below the root may be read, and `opening` opens files without following links. `patterns` and `selection` find the files
that a glob matches. `own` writes the files that provision stores for its own use. `named` opens files that a user named
on the command line.
"""
