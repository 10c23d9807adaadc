"""
The rules of a photo library: what may be uploaded, registered, found, changed and deleted. Standard library and numpy.

Glossary. Each word has this one meaning everywhere, also on the wire:

    photo       what people see, and what messages to them say
    image       a photo as the API and the code know it: one id, one record, two objects
    original    the file as it was uploaded; an object in the store
    thumbnail   its small copy, made by the client; the other object
    record      what is known of an image besides its vector: name, size, title, tags, labels, attributes
    row         a record with its vector, in the table of one space
    space       an embedding space: a model and everything else that decides what a vector means
    vector      what a model makes of an image; comparable within one space only
    ticket      signed permission to register one image
    orphan      an object that no image has
    tombstone   what is kept of a deleted image: its id, so that it never comes back
    version     an image of the same picture as another: saved again, scaled, turned, recoloured
    group       an image to keep, the keeper, with all others that are versions of it: duplicates
    hub         an image that is near to many others that it has nothing to do with
    upkeep      work that nobody waits for: indexes, joined files, hubs, duplicates, orphans
    lease       a right that one process or browser holds for a limited time
    position    a point in a sorted list: right after an image
    depot       a folder or bucket that holds backups
"""
