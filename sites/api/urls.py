"""Addresses of the JSON API."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from sites.api import views


class Schema(SpectacularAPIView):
    """The OpenAPI description of all of it."""

    required_level = {"GET": "public"}
    scope = "sites"


urlpatterns = [
    path("schema/", Schema.as_view(), name="schema"),
    path("schema/blocks/", views.BlocksSchema.as_view()),
    path("schema/fields/", views.FieldsSchema.as_view()),
    path("sites/", views.Sites.as_view()),
    path("sites/<uuid:site_id>/", views.OneSite.as_view()),
    path("sites/<uuid:site_id>/pages/", views.Pages.as_view()),
    path("sites/<uuid:site_id>/pages/<uuid:page_id>/", views.OnePage.as_view()),
    path("sites/<uuid:site_id>/forms/", views.Forms.as_view()),
    path("sites/<uuid:site_id>/forms/<uuid:form_id>/", views.OneForm.as_view()),
    path("sites/<uuid:site_id>/publish/", views.Publish.as_view()),
    path("sites/<uuid:site_id>/versions/", views.Versions.as_view()),
    path("sites/<uuid:site_id>/versions/<uuid:version_id>/restore/", views.RestoreVersion.as_view()),
    path("submissions/", views.Submissions.as_view()),
    path("submissions/<uuid:submission_id>/", views.OneSubmission.as_view()),
    path("exports/", views.Exports.as_view()),
    path("exports/<uuid:job_id>/", views.OneExport.as_view()),
    path("exports/<uuid:job_id>/download/", views.ExportFile.as_view()),
]
