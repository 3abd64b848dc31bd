"""The activities: `choices` says which there are, `reading` and `writing` carry them out."""
