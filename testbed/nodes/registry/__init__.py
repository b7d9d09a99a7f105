"""Where a kind cluster's images come from: archives that every node sees, brought in by `loading`."""
