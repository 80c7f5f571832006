"""What members and staff type: questions, answers, requests, quotes, look-ins. Nothing typed is ever lost."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from privacy import masking, topics
from privacy.models import Action, ErasureEvent
from privacy.scope import Scope

BODY_MAX = 5000
# what staff choose between: each includes reading
DOINGS = [
    (Action.VIEW, _("Read only")),
    (Action.CHANGE, _("Read and change")),
    (Action.EXPORT, _("Read and export")),
]
HOURS = [(1, _("1 hour")), (24, _("24 hours")), (72, _("72 hours"))]
LONG_HOURS = [*HOURS, (168, _("7 days"))]


class MaskedForm(forms.Form):
    """A text in which addresses and phone numbers are found before it is sent.

    The first time they are found the form comes back with an offer to mask them; the button says what to do:
    "mask" makes them unreadable and shows the text again, "as_is" sends it as it was typed.
    """

    checked_fields: tuple[str, ...] = ("body",)

    def __init__(self, data: Any = None, **named: Any) -> None:
        if data is not None and data.get("action") == "mask":
            data = data.copy()
            for name in self.checked_fields:
                data[name] = masking.mask(data.get(name, ""))
        super().__init__(data, **named)

    @property
    def found(self) -> list[masking.Found]:
        """Return what looks like somebody's data in the texts."""
        if not self.is_bound:
            return []
        return [each for name in self.checked_fields for each in masking.find(self.data.get(name, ""))]

    @property
    def found_words(self) -> str:
        """Return what was found, in words."""
        kinds = [each.kind for each in self.found]
        emails, phones = kinds.count("email"), kinds.count("phone")
        if emails and phones:
            return gettext("There are e-mail addresses and phone numbers in your text")
        if emails:
            return (
                gettext("There is an e-mail address in your text")
                if emails == 1
                else gettext("There are e-mail addresses in your text")
            )
        return (
            gettext("There is a phone number in your text")
            if phones == 1
            else gettext("There are phone numbers in your text")
        )

    @property
    def to_look_at(self) -> bool:
        """Whether the text goes back to its writer first."""
        action = self.data.get("action", "")
        return action == "mask" or (action != "as_is" and bool(self.found))


class QuestionForm(MaskedForm):
    """A question to Webanizr."""

    checked_fields = ("subject", "body")
    subject = forms.CharField(label=_("Subject"), max_length=120)
    body = forms.CharField(
        label=_("Your question"),
        max_length=BODY_MAX,
        help_text=_("Don't put your visitors' data in it. Only say which form or which submission it is about."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    about = forms.ChoiceField(label=_("Is about"), required=False)
    implied_refused = forms.BooleanField(
        label=_("Always ask me first"),
        help_text=_("For this question. For all questions you choose this under Privacy."),
        required=False,
    )

    def __init__(self, data: Any = None, *, chosen: Scope | None = None, **named: Any) -> None:
        super().__init__(data, **named)
        self.fields["about"].choices = topics.of_account(chosen)  # type: ignore[attr-defined]  # a ChoiceField's
        if chosen is not None:
            self.initial.setdefault("about", topics.key_of(chosen))

    def scope(self) -> Scope | None:
        """Return what the question is about."""
        return topics.scope_of(self.cleaned_data["about"])


class ReplyForm(MaskedForm):
    """A further message of the member."""

    body = forms.CharField(
        label=_("Your message"),
        max_length=BODY_MAX,
        help_text=_("Don't put your visitors' data in it."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    implied_refused = forms.BooleanField(
        label=_("Always ask me first"), help_text=_("For this question."), required=False
    )


class AnswerForm(forms.Form):
    """Staff's answer or note."""

    body = forms.CharField(label=_("Your answer"), max_length=BODY_MAX, widget=forms.Textarea(attrs={"rows": 4}))


class ScopeForm(forms.Form):
    """A form that names a scope of one account."""

    scope = forms.ChoiceField(label=_("What do you want to see?"))

    def __init__(self, data: Any = None, *, choices: topics.Choices, **named: Any) -> None:
        super().__init__(data, **named)
        self.fields["scope"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    def chosen(self) -> Scope:
        """Return the scope; call it on a valid form."""
        found = topics.scope_of(self.cleaned_data["scope"])
        assert found is not None
        return found


class QuoteForm(ScopeForm):
    """Recording that the customer's own sentence asks to look."""

    quote = forms.CharField(widget=forms.HiddenInput, max_length=1000)
    message = forms.UUIDField(widget=forms.HiddenInput)
    hours = forms.TypedChoiceField(label=_("3. For how long?"), choices=HOURS, coerce=int, initial=24)
    sure = forms.BooleanField(
        label=_("The sentence really asks us to look"), help_text=_("In doubt? Then ask for permission.")
    )

    def __init__(self, data: Any = None, **named: Any) -> None:
        super().__init__(data, **named)
        self.fields["scope"].label = _("2. What does the sentence name?")


class RequestForm(ScopeForm):
    """Asking the customer for permission."""

    action = forms.ChoiceField(
        label=_("What do you want to do?"), choices=DOINGS, initial=Action.VIEW, widget=forms.RadioSelect
    )
    hours = forms.TypedChoiceField(label=_("For how long?"), choices=LONG_HOURS, coerce=int, initial=24)
    reason = forms.CharField(
        label=_("Why?"),
        help_text=_("The customer reads this word for word."),
        min_length=10,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class LookForm(forms.Form):
    """Starting a look-in."""

    action = forms.ChoiceField(label=_("What are you going to do?"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Why now?"),
        help_text=_("The customer can read this in their log."),
        min_length=10,
        max_length=300,
    )

    def __init__(self, data: Any = None, *, actions: list[str], **named: Any) -> None:
        super().__init__(data, **named)
        words = {str(key): words for key, words in DOINGS}
        self.fields["action"].choices = [(each, words[each]) for each in actions]  # type: ignore[attr-defined]  # a ChoiceField
        self.initial.setdefault("action", actions[0])


class ExtendForm(forms.Form):
    """Why an erasure takes longer than a month."""

    reason = forms.ChoiceField(
        label=_("Why it takes longer"),
        choices=ErasureEvent.Reason.choices,
        widget=forms.RadioSelect,
        help_text=_("The person reads this sentence in the mail."),
    )
    sure = forms.BooleanField(label=_("Within the first month, and there is no other way"))
