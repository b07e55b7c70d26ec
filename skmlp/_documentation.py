"""Where the documentation is: HTML representations link to it."""

from importlib.metadata import PackageNotFoundError, metadata


def _address() -> str:
    """Return the address in ``[project.urls]`` of pyproject.toml, or an empty string."""
    try:
        urls = metadata("skmlp").get_all("Project-URL", [])
    except PackageNotFoundError:
        return ""
    return dict(url.split(", ", 1) for url in urls).get("Documentation", "").rstrip("/")


class DocumentationMixin:
    """Estimators whose HTML representation links to their page of the reference."""

    _doc_link_module = "skmlp"

    @property
    def _doc_link_template(self) -> str:
        # Pages have the names that users import, and not those of the modules.
        address = _address()
        return f"{address}/generated/skmlp.{{estimator_name}}.html" if address else ""
