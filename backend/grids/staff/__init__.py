"""人员配备: who works in a grid and who heads it, from which day to which."""
