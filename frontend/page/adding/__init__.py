"""From dropped files to rows of uploads: choosing, embedding, uploading, trying again, going on after a reload."""
