"""The tables of the builder: sites and their host names, pages, forms, submissions, keys, files, published versions."""

from sites.models.asset import Asset
from sites.models.form import Form, Submission
from sites.models.keys import IntakeKey, SiteKey
from sites.models.page import Page
from sites.models.search import SearchEntry
from sites.models.site import Domain, Site
from sites.models.upload import Upload
from sites.models.version import Redirect, SiteVersion

__all__ = [
    "Asset",
    "Domain",
    "Form",
    "IntakeKey",
    "Page",
    "Redirect",
    "SearchEntry",
    "Site",
    "SiteKey",
    "SiteVersion",
    "Submission",
    "Upload",
]
