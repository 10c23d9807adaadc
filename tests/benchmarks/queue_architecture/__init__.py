"""
The usual architecture of an image search, built for real, to measure ours against.

    visitor -> API server: picture -> folder, row -> PostgreSQL, message -> Redis stream
                                        search service: takes the message, downloads the picture from the API server,
                                        makes thumbnail and vector, uploads the thumbnail, writes to LanceDB
    visitor -> API server: picture -> search service: vector, LanceDB -> API server: rows of PostgreSQL -> visitor

Everything that is no matter of the architecture is as in ours: Litestar on uvicorn, LanceDB with the same columns for
vectors, the same preprocessing, the same weights, and pictures that are on the disk before they are acknowledged.
"""
