"""Adds to an app's OpenAPI document the shapes of bodies that its routes read by themselves."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

SHAPES = "#/components/schemas/{model}"


def body_of(*shapes: str, required: bool = True) -> dict[str, Any]:
    """Return the OpenAPI entry of a JSON body that has one of these shapes."""
    schema = {"oneOf": [{"$ref": SHAPES.format(model=shape)} for shape in shapes]}
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}


def add_shapes(app: FastAPI, *models: type[BaseModel]) -> None:
    """Make the document describe these models beside those that the framework knows of."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
            _, shapes = models_json_schema([(model, "validation") for model in models], ref_template=SHAPES)
            made["components"]["schemas"] |= shapes["$defs"]
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's own way to extend it
