"""Opens, lists, writes and removes files. No other package does this; the others pass paths.

A pull request controls the names, links and types of files below a project's root. `root` decides what may be read
there, `opening` opens it without following a link, `patterns` and `selection` find the files that a glob matches, `own`
writes the files that provision keeps for itself, and `named` opens files that a user named on the command line.
"""
