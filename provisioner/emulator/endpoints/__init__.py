"""The endpoints: one module for each type of object, the table of routes, and what lists and searches share."""
