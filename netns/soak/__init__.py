"""Two nodes with many instances, troubled every few seconds for a long time: does either grow, leak or lose its way?"""
