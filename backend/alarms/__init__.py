"""报警: what devices report by themselves, the rules that answer, and who looks at the place."""
