"""The gateway's paths, on Starlette, behind the guard."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from moa_lsp import __version__
from moa_lsp.gateway import shapes
from moa_lsp.gateway.access_log import AccessLog
from moa_lsp.gateway.chat import ChatCompletions
from moa_lsp.gateway.completions import GapCompletions
from moa_lsp.gateway.desk import GatewayDesk
from moa_lsp.gateway.errors import ErrorResponse
from moa_lsp.gateway.guard import HEALTH, App, Guard


def create_app(desk: GatewayDesk, token: str, port: int) -> App:
    """The whole application.

    Args:
        desk: what its requests share; closed when the application ends.
        token: that every client must send.
        port: on which it listens, for the check of hosts.
    """

    async def models(_request: Request) -> JSONResponse:
        return JSONResponse(shapes.model_list(desk.models, desk.started))

    async def model(request: Request) -> JSONResponse:
        name = request.path_params["name"]
        listed = shapes.model_list(desk.models, desk.started)["data"]
        found = next((each for each in listed if each["id"] == name), None)
        if found is None:
            return _error(404, "model_not_found", "there is no ready mix of that name")
        return JSONResponse(found)

    async def health(_request: Request) -> JSONResponse:
        return JSONResponse({"status": "ok", "server": "moa-lsp", "version": __version__})

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await desk.close()

    routes = [
        Route(HEALTH, health),
        Route("/v1/models", models),
        Route("/v1/models/{name:path}", model),
        Route("/v1/chat/completions", ChatCompletions(desk), methods=["POST"]),
        Route("/v1/completions", GapCompletions(desk), methods=["POST"]),
    ]
    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        exception_handlers={404: _not_found, 405: _wrong_method, 500: _failed},
    )
    return AccessLog(Guard(app, token, port), [route.path for route in routes])


async def _not_found(_request: Request, _error_: Exception) -> JSONResponse:
    return _error(404, "not_found", "there is no such path; docs/gateway.md lists those")


async def _wrong_method(_request: Request, _error_: Exception) -> JSONResponse:
    return _error(405, "method_not_allowed", "this path takes another method")


async def _failed(_request: Request, _error_: Exception) -> JSONResponse:
    return _error(500, "internal_error", "moa-lsp failed by a bug of its own, report it")


def _error(status: int, code: str, message: str) -> JSONResponse:
    kind = "server_error" if status >= 500 else "invalid_request_error"
    return JSONResponse(ErrorResponse(status, kind, code, message).as_json(), status)
