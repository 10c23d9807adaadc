"""
Set-up: builds the static site in frontend/dist, and installs the model in the data folder.

It can be repeated: whatever is intact stays as it is, and whatever was interrupted resumes.
"""
