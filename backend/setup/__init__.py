"""
Turns a clone into what can be served: the static site in frontend/dist and the model in the data folder.

All of it can be repeated: what is there and right is left as it is, what was interrupted goes on.
"""
