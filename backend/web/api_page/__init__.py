"""The API's description for people: one page without scripts, made from the OpenAPI document."""
