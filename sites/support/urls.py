"""Addresses of look-ins in the staff service."""

from django.urls import include, path

from sites.support import exports, files, views

support_patterns = (
    [
        path("grants/<uuid:grant_id>/look/", views.open_session, name="open"),
        path("look/<uuid:session_id>/", views.session, name="session"),
        path("look/<uuid:session_id>/alive/", views.alive, name="alive"),
        path("look/<uuid:session_id>/stop/", views.stop, name="stop"),
        path("look/<uuid:session_id>/submissions/<uuid:submission_id>/", views.record, name="record"),
        path("look/<uuid:session_id>/submissions/<uuid:submission_id>/open/", views.open_record, name="open_record"),
        path("look/<uuid:session_id>/submissions/<uuid:submission_id>/change/", views.change, name="change"),
        path("look/<uuid:session_id>/submissions/<uuid:submission_id>/files/<uuid:file_id>/", files.file, name="file"),
        path(
            "look/<uuid:session_id>/submissions/<uuid:submission_id>/files/<uuid:file_id>/open/",
            files.open_file,
            name="open_file",
        ),
        path(
            "look/<uuid:session_id>/submissions/<uuid:submission_id>/files/<uuid:file_id>/shown/",
            files.shown,
            name="file_shown",
        ),
        path("look/<uuid:session_id>/export/", exports.order, name="export"),
        path("look/<uuid:session_id>/exports/<uuid:job_id>/", exports.download, name="download"),
    ],
    "support",
)

urlpatterns = [path("", include(support_patterns))]
