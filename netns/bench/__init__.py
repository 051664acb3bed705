"""The benchmark: daemons measured one after the other in the same lab, and compared by ratios."""
