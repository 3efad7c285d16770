"""What the scripts that measure share: tools/compare-peers, tools/regress and tools/sweep. Python's standard library only."""
