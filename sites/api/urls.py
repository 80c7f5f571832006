"""Addresses of the JSON API."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from sites.api import exports, forms, pages, people, pictures, publishing, schemas, sites, submissions


class Schema(SpectacularAPIView):
    """The OpenAPI description of all of it."""

    required_level = {"GET": "public"}
    scope = "sites"


urlpatterns = [
    path("schema/", Schema.as_view(), name="schema"),
    path("schema/blocks/", schemas.BlocksSchema.as_view()),
    path("schema/fields/", schemas.FieldsSchema.as_view()),
    path("sites/", sites.Sites.as_view()),
    path("sites/<uuid:site_id>/", sites.OneSite.as_view()),
    path("sites/<uuid:site_id>/pages/", pages.Pages.as_view()),
    path("sites/<uuid:site_id>/pages/<uuid:page_id>/", pages.OnePage.as_view()),
    path("sites/<uuid:site_id>/pages/<uuid:page_id>/move/", pages.MovePage.as_view()),
    path("sites/<uuid:site_id>/pages/<uuid:page_id>/restore/", pages.RestorePage.as_view()),
    path("sites/<uuid:site_id>/pictures/", pictures.Pictures.as_view()),
    path("sites/<uuid:site_id>/pictures/<uuid:asset_id>/", pictures.OnePicture.as_view()),
    path("sites/<uuid:site_id>/forms/", forms.Forms.as_view()),
    path("sites/<uuid:site_id>/forms/<uuid:form_id>/", forms.OneForm.as_view()),
    path("sites/<uuid:site_id>/forms/<uuid:form_id>/restore/", forms.RestoreForm.as_view()),
    path("sites/<uuid:site_id>/publish/", publishing.Publish.as_view()),
    path("sites/<uuid:site_id>/publish/take-back/", publishing.TakeBack.as_view()),
    path("sites/<uuid:site_id>/versions/", publishing.Versions.as_view()),
    path("sites/<uuid:site_id>/versions/<uuid:version_id>/restore/", publishing.RestoreVersion.as_view()),
    path("submissions/", submissions.Submissions.as_view()),
    path("submissions/person/", people.OnePerson.as_view()),
    path("submissions/<uuid:submission_id>/", submissions.OneSubmission.as_view()),
    path("submissions/<uuid:submission_id>/files/<uuid:file_id>/", submissions.OneFile.as_view()),
    path("exports/", exports.Exports.as_view()),
    path("exports/<uuid:job_id>/", exports.OneExport.as_view()),
    path("exports/<uuid:job_id>/download/", exports.ExportFile.as_view()),
]
