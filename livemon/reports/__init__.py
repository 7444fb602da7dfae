"""Reports: what is kept of a run, or of a comparison, as one file that is sent to others.

`content` is a report as plain data; `of_run` and `of_runs` gather it; `markdown`, `pdf` and `page` write it; `saving`
chooses the writer by the file's name.
"""
