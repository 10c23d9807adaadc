"""A store that speaks just enough S3 to be tried out and is none to build on, as there are many."""

from typing import Any

from litestar import HttpMethod, Litestar, Request, Response, route
from litestar.params import FromPath

LIST = "<ListBucketResult><Name>photos</Name><IsTruncated>false</IsTruncated></ListBucketResult>"
DENIED = "<Error><Code>AccessDenied</Code></Error>"
NOT_DELETED = f"<DeleteResult>{DENIED}</DeleteResult>"


def careless_store() -> Litestar:
    """
    Return an application that takes every upload, whoever signed it, and writes over what is there.

    It deletes nothing, and does not let its CORS rules be read or set.
    """
    objects: dict[str, bytes] = {}

    @route("/{path:path}", http_method=[HttpMethod.GET, HttpMethod.PUT, HttpMethod.POST, HttpMethod.OPTIONS])
    async def answer(request: Request[Any, Any, Any], path: FromPath[str]) -> Response[Any]:
        if "cors" in request.query_params:
            return Response(DENIED, status_code=403, media_type="application/xml")
        if request.method == "PUT":
            objects[path] = await request.body()
            return Response(b"", status_code=200)
        if request.method == "GET" and path in objects:
            return Response(objects[path], status_code=200, media_type="image/jpeg")
        answer = NOT_DELETED if request.method == "POST" else LIST
        return Response(answer, status_code=200, media_type="application/xml")

    return Litestar([answer], openapi_config=None, logging_config=None)
