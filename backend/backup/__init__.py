"""
Backups of a library: their format, and how they are made, checked, pruned and restored.

A depot is a folder or a bucket with these files, each of which is there whole or not at all:

    backups/<UTC time>.json        one backup: everything that belongs to it, with checksums; written last
    objects/originals/<id>         the photos, as they were uploaded objects/thumbnails/<id> rows/<sha256>.parquet
    records and vectors of some images of one space listings/<sha256>.parquet      size, type and checksum of the
    objects of some images models/<sha256>                the files of the models

Files other than those in `backups` never change, so backups share what they have in common. Rows and listings are split
in the order of ids where a hash of an id says so (`chunks`): after a little growth, only a few files differ.
"""
