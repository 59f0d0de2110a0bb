"""The routes of the pages: each file as it was built, under a policy that lets nothing else in."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from services.ingest.page_files import PageFile, load_pages

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",  # ask whether it is still the same: the names stay when the bytes change
}
PAGES = {"/": "index.html", "/pipeline": "pipeline.html", "/clients/{client_id:path}": "clients.html"}


def add_page_routes(app: FastAPI, pages: Mapping[str, PageFile] | None = None) -> None:
    """Add them. `pages` are what is served, those that come with the package unless given."""
    files = load_pages() if pages is None else pages

    def answer(request: Request, name: str) -> Response:
        if name not in files:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        file = files[name]
        headers = {**HEADERS, "ETag": file.etag}
        if file.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return Response(file.content, headers=headers, media_type=file.media_type)

    def add(path: str, name: str) -> None:
        async def page(request: Request) -> Response:
            return answer(request, name)

        app.add_api_route(path, page, methods=["GET", "HEAD"], include_in_schema=False)

    for path, name in PAGES.items():
        add(path, name)

    @app.api_route("/assets/{name}", methods=["GET", "HEAD"], include_in_schema=False)
    async def asset(request: Request, name: str) -> Response:
        return answer(request, f"assets/{name}")
