"""Layouts of data sets, a plain function each: from a card and a folder to samples."""
