"""A plan as one page of HTML that loads nothing: for a browser, a review, an artefact of CI."""
