"""Addresses of the editor."""

from django.urls import URLPattern, URLResolver, include, path

from sites.editor import edit, erase, formviews, keyviews, pictures, preview, publishing, start, views

site_patterns: list[URLPattern | URLResolver] = [
    path("", views.overview, name="overview"),
    path("settings/", views.settings, name="settings"),
    path("settings/key/", keyviews.rotate_key, name="rotate_key"),
    path("erase/", erase.erase, name="erase"),
    path("erase/now/", erase.erase_now, name="erase_now"),
    path("preview/", preview.preview, name="preview"),
    path("pages/new/", views.page_new, name="page_new"),
    path("pages/<uuid:page_id>/", views.page, name="page"),
    path("pages/<uuid:page_id>/move/", views.page_move, name="page_move"),
    path("pages/<uuid:page_id>/delete/", views.page_delete, name="page_delete"),
    path("pages/<uuid:page_id>/restore/", views.page_restore, name="page_restore"),
    path("pages/<uuid:page_id>/edit/", edit.edit, name="edit"),
    path("pages/<uuid:page_id>/render/", edit.render_draft, name="render"),
    path("pages/<uuid:page_id>/save/", edit.save, name="save"),
    path("pages/<uuid:page_id>/copy/", edit.copy, name="copy"),
    path("pictures/", pictures.library, name="pictures"),
    path("pictures/<uuid:asset_id>/", pictures.picture, name="picture"),
    path("pictures/<uuid:asset_id>/delete/", pictures.picture_delete, name="picture_delete"),
    path("forms/new/", formviews.form_new, name="form_new"),
    path("forms/<uuid:form_id>/", formviews.form, name="form"),
    path("forms/<uuid:form_id>/fields/", formviews.field_change, name="field_change"),
    path("forms/<uuid:form_id>/delete/", formviews.form_delete, name="form_delete"),
    path("forms/<uuid:form_id>/restore/", formviews.form_restore, name="form_restore"),
    path("publish/", publishing.publish, name="publish"),
    path("publish/take-back/", publishing.take_back, name="take_back"),
    path("versions/", publishing.versions, name="versions"),
    path("versions/<uuid:version_id>/restore/", publishing.restore, name="restore"),
    path("unpublish/", publishing.unpublish, name="unpublish"),
]

editor_patterns: tuple[list[URLPattern | URLResolver], str] = (
    [
        path("start/", start.start, name="start"),
        path("start/preview/", preview.start_preview, name="start_preview"),
        path("sites/", views.sites, name="list"),
        path("sites/<uuid:site_id>/", include(site_patterns)),
    ],
    "sites",
)

urlpatterns = [path("", include(editor_patterns))]
