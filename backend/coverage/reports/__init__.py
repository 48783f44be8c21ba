"""Reports of the coverage: a workbook with all figures, a paper for the meeting, a map offline."""
