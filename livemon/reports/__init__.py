"""Reports: a run or a comparison as one file to send to others.

`content` is a report as plain data; `of_run` and `of_runs` gather it; `markdown`, `pdf` and `page` write it; `saving`
chooses the writer by the file's name.
"""
