"""
Backups of a library: what they consist of, and how they are made, checked, pruned and restored.

A place of backups (`depots`) is a folder or a bucket with these files; each is there whole or not at all:

    backups/<UTC time>.json        one backup: what belongs to it, with the checksum of everything; written last
    objects/originals/<id>         the photos, as they were uploaded
    objects/thumbnails/<id>
    rows/<sha256>.parquet          records and vectors of some images of one space
    listings/<sha256>.parquet      size, type and checksum of the objects of some images
    models/<sha256>                the files of the models

Nothing but `backups` is ever changed, so backups share what is the same. Rows and listings are cut in the order of ids
where a hash of an id says so (`chunks`): a library that grew a little differs from the backup before in a few files.
"""
