"""The pages of a comparison, each section rendered from the outcomes in the CSV."""
