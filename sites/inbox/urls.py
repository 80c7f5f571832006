"""Addresses of inbox and exports."""

from django.urls import include, path

from sites.inbox import correct, erase, exports, person, terms, views

inbox_patterns = (
    [
        path("inbox/", views.inbox, name="list"),
        path("inbox/bulk/", views.bulk, name="bulk"),
        path("inbox/person/", person.person, name="person"),
        path("inbox/person/correct/", correct.correct_person, name="person_correct"),
        path("inbox/person/erase/", erase.erase_person, name="person_erase"),
        path("inbox/person/erase/<uuid:request_id>/now/", erase.erase_now, name="person_erase_now"),
        path("inbox/person/erase/<uuid:request_id>/call-off/", erase.call_off, name="person_call_off"),
        path("inbox/person/export/", person.export_person, name="person_export"),
        path("inbox/<uuid:submission_id>/", views.show, name="show"),
        path("inbox/<uuid:submission_id>/correct/", correct.correct, name="correct"),
        path("inbox/<uuid:submission_id>/files/<uuid:file_id>/", views.file, name="file"),
        path("consent/terms/", terms.terms, name="terms"),
        path("consent/terms/<uuid:form_id>/", terms.set_term, name="term"),
        path("exports/", exports.exports, name="exports"),
        path("exports/everything/", exports.everything, name="export_everything"),
        path("exports/me/", exports.me, name="export_me"),
        path("exports/start/", exports.start, name="export_start"),
        path("exports/<uuid:job_id>/", exports.state, name="export_state"),
        path("exports/<uuid:job_id>/retry/", exports.retry, name="export_retry"),
        path("exports/<uuid:job_id>/download/", exports.download, name="export_download"),
    ],
    "inbox",
)

urlpatterns = [path("", include(inbox_patterns))]
