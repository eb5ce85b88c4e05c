"""The self-fill wizard: formtools behind this one file, over the encrypted draft.

A step is a page of `Interview.pages`, a safety page before each sealed section, or the check page.
Floors above extend it: subclass `QuestionnaireWizard`, set ``mode`` and the templates, override
`opened_for` (which draft this request may continue) and the other hooks (where to go afterwards).
"""

from __future__ import annotations

import re
import zlib
from collections import OrderedDict
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from formtools.wizard.storage.base import BaseStorage
from formtools.wizard.views import NamedUrlWizardView

from . import drafts, forms, intake, layout, packing
from .core import languages
from .core.definition import Definition
from .core.interview import Interview, Page
from .showing import showing

CHECK = "check"
_FROM = f"?from={CHECK}"


class DraftStorage(BaseStorage):
    """What formtools calls storage: nothing but the name of the current step, taken from the URL.

    Answers live in the draft; `QuestionnaireWizard` reads and writes them.
    """

    def __init__(self, prefix: str, request: HttpRequest | None = None, file_storage=None) -> None:
        super().__init__(prefix, request, file_storage)
        self.init_data()

    def get_step_data(self, step: str) -> None:
        return None

    def set_step_data(self, step: str, cleaned_data: Any) -> None:
        return None

    def update_response(self, response: HttpResponse) -> None:
        return None


def cookie_name(handle: str) -> str:
    return f"a_{handle}"


class QuestionnaireWizard(NamedUrlWizardView):
    form_list: Any = [("start", forms.EmptyForm)]  # as_view() insists on one; replaced per request
    storage_name = "surveys.wizard.DraftStorage"
    template_name = "surveys/page.html"
    check_template = "surveys/check.html"
    safety_template = "surveys/safety.html"
    url_name = "answer"
    mode = "respondent"
    channel = "self_fill"

    # -- hooks for floors above --------------------------------------------------------------

    def opened_for(self, request: HttpRequest, handle: str) -> drafts.Open | None:
        """The draft this browser may continue."""
        token = request.COOKIES.get(cookie_name(handle), "")
        opened = drafts.by_token(token) if token else None
        return opened if opened is not None and opened.handle == handle else None

    def completed(self, outcome: intake.Outcome) -> HttpResponse:
        return redirect("receipt", handle=self.opened.handle)

    def without_draft(self, request: HttpRequest) -> HttpResponse:
        return redirect("resume")

    def declined(self) -> HttpResponse:
        """She said no to taking part; the draft is gone already."""
        response = redirect("thanks")
        response.delete_cookie(cookie_name(self.opened.handle))
        return response

    def section_left(self, following: str) -> HttpResponse:
        """A sealed section has just been shut."""
        return redirect(self.get_step_url(following))

    def stamp(self, moment: str) -> str:
        """Her start and end as the answers show them: the day only, a clock re-identifies."""
        return moment[:10]

    # -- one request -------------------------------------------------------------------------

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        opened = self.opened_for(request, kwargs["handle"])
        if opened is None:
            return self.without_draft(request)
        self.opened, self.collection = opened, opened.row.collection
        if opened.row.submitted:
            return self.completed(intake.Outcome(202, opened.row.instance_id))
        self.definition: Definition = self.collection.version.definition
        self.language = opened.language or self.definition.default_language
        self.showing = showing(self.collection.version, self.language)
        self.given = self._given()
        self.interview = Interview(
            self.definition,
            self.given | opened.answers,
            now=timezone.now(),
            first_load=not opened.answers,
            seed=zlib.crc32(opened.row.instance_id.encode()),
        )
        self._set_steps()
        self.going_back = "back" in request.POST
        response = super().dispatch(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response

    def _given(self) -> dict[str, str]:
        """Path -> value of the fields the form asks the system to fill."""
        clock = {"started": self.opened.started, "ended": self.opened.ended}
        facts = self.opened.system | {k: self.stamp(v) for k, v in clock.items() if v}
        return packing.system_values(self.definition, facts)

    def _set_steps(self) -> None:
        """Steps follow the answers, so they are laid out anew whenever answers change."""
        self.pages: dict[str, Page] = {}
        # a number stays the same when a sealed section is shut
        self.numbers: dict[str, int] = {}
        self.safety: dict[str, str] = {}
        steps: OrderedDict[str, type] = OrderedDict()
        for page in layout.with_notes(self.interview.pages(self.mode)):
            section, slug = self._section(page), self._slug(page)
            if all(item.path in self.given for item in page.items):
                continue
            if section:
                self.numbers.setdefault(self._safety_step(section), len(self.numbers) + 1)
            self.numbers[slug] = len(self.numbers) + 1
            if section in self.opened.closed:
                continue
            if section:
                self.safety[self._safety_step(section)] = section
                steps.setdefault(self._safety_step(section), forms.EmptyForm)
            self.pages[slug] = page
            steps[slug] = forms.form_for(page)
        steps[CHECK] = forms.EmptyForm
        self.form_list = steps

    def _slug(self, page: Page) -> str:
        """A number, since addresses must not tell what is asked; repeats add theirs."""
        first = next((i for i in page.items if i.question.kind != "note"), page.items[0])
        paths = [q.path for q in self.definition.questions()]
        positions = re.findall(r"\[(\d+)\]", first.path)
        return ".".join([f"p{paths.index(first.question.path) + 1}", *positions])

    def _safety_step(self, section: str) -> str:
        return f"s{[n.name for n in self.definition.children].index(section) + 1}"

    def _section(self, page: Page) -> str:
        """Name of the sealed section a page stands in, "" outside."""
        return layout.sealed_section(self.interview, page)

    def get_prefix(self, request: HttpRequest, *args: Any, **kwargs: Any) -> str:
        return f"w{kwargs['handle']}"

    def get_step_url(self, step: str) -> str:
        return reverse(self.url_name, kwargs={"handle": self.kwargs["handle"], "step": step})

    def get_form_kwargs(self, step: str | None = None) -> dict[str, Any]:
        return {"interview": self.interview, "language": self.language, "showing": self.showing}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        step = kwargs.get("step", "")
        if step not in self.form_list or self._too_far(step):
            return redirect(self.get_step_url(self._first_open()))
        self.storage.current_step = step
        return super().get(request, *args, **kwargs)

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        if kwargs.get("step") not in self.form_list:
            return redirect(self.get_step_url(self._first_open()))
        self.storage.current_step = kwargs["step"]
        if self.going_back:
            return self._go_back(kwargs["step"])
        self.before = list(self.form_list)
        return super().post(*args, **kwargs)

    def _too_far(self, step: str) -> bool:
        """A typed-in later step must not jump over a question that must be answered."""
        steps = list(self.form_list)
        return steps.index(step) > steps.index(self._first_waiting())

    def _first_open(self) -> str:
        """Where to send her: the first waiting page, or the safety page before it."""
        slug = self._first_waiting()
        return self._safety_before(slug, self.pages[slug]) if slug in self.pages else slug

    def _first_waiting(self) -> str:
        """The first page that was never answered or still has something to mend."""
        for slug, page in self.pages.items():
            shown = [i for i in page.items if i.question.kind != "note"]
            blank = [i for i in shown if i.path not in self.opened.answers]
            if blank or any(self.interview.problems_at(i.path) for i in shown):
                return slug
        return CHECK

    def _safety_before(self, slug: str, page: Page) -> str:
        section = self._section(page)
        answered = any(
            i.path in self.opened.answers
            for other in self.pages.values()
            if self._section(other) == section
            for i in other.items
        )
        return self._safety_step(section) if section and not answered else slug

    def _go_back(self, step: str) -> HttpResponse:
        """Back keeps what stands on the page, as far as it can be an answer."""
        form = self.get_form(step, data=self.request.POST)
        if step in self.pages:
            form.is_valid()
            self._keep(form)
        if self._from_check and self._first_open() == CHECK:
            return redirect(self.get_step_url(CHECK))
        steps = list(self.form_list)
        index = steps.index(step) if step in steps else 0
        return redirect(self.get_step_url(steps[max(index - 1, 0)]))

    def _keep(self, form: forms.PageForm) -> None:
        self.opened.answers.update(layout.keepable(self.interview, form.values))
        drafts.save(self.opened, timezone.localdate())
        self._set_steps()

    def process_step(self, form: Any) -> dict[str, str]:
        if isinstance(form, forms.PageForm):
            self._keep(form)
        return {}

    def render_next_step(self, form: Any, **kwargs: Any) -> HttpResponse:
        step, steps = self.storage.current_step, list(self.form_list)
        if layout.refused(self.interview):
            return self._thanks()
        following = steps[steps.index(step) + 1] if step in steps else self._first_open()
        left = self.section_at(step)
        if step in self.pages and left and left != self.section_at(following):
            self.close(left)
            return self.section_left(following)
        if self._from_check:
            following = self._first_open()
            return redirect(self.get_step_url(following) + (_FROM if following != CHECK else ""))
        return redirect(self.get_step_url(following))

    @property
    def _from_check(self) -> bool:
        """She came from the check page to change something and goes back there."""
        return self.request.GET.get("from") == CHECK

    def section_at(self, step: str) -> str:
        """Name of the sealed section a page or a safety page belongs to, "" outside."""
        page = self.pages.get(step)
        return self._section(page) if page else self.safety.get(step, "")

    def close(self, section: str) -> None:
        """A sealed section she has finished is shut: nobody pages back into it."""
        self.opened.closed.append(section)
        drafts.save(self.opened, timezone.localdate())

    def _thanks(self) -> HttpResponse:
        drafts.destroy(self.opened, timezone.localdate())
        return self.declined()

    def render_done(self, form: Any, **kwargs: Any) -> HttpResponse:
        """The check page was posted: send once; the same draft never becomes two responses."""
        if self._first_open() != CHECK:
            return redirect(self.get_step_url(self._first_open()))
        drafts.end(self.opened, timezone.now())
        if self.opened.row.submitted:
            return self.completed(intake.Outcome(202, self.opened.row.instance_id))
        for path, value in self._given().items():
            self.interview.put(path, value)
        xml, sealed = self._instance()
        outcome = intake.receive(
            xml, sealed, collection=self.collection, channel=self.channel, now=timezone.now(),
            context=self.opened.row.context,
        )  # fmt: skip
        if not outcome.accepted and outcome.status != 409:
            raise RuntimeError(f"intake refused the wizard's own instance: {outcome.problem}")
        drafts.finish(self.opened, timezone.localdate())
        return self.completed(outcome)

    def _instance(self) -> tuple[bytes, dict[str, bytes]]:
        return packing.pack(
            self.definition,
            self.interview.answers,
            instance_id=self.opened.row.instance_id,
            public_key=self.collection.public_key,
            key_id=self.collection.key_id,
            meta={"timeStart": self.opened.started, "timeEnd": self.opened.ended},
        )

    # -- what the template shows -------------------------------------------------------------

    def get_template_names(self) -> list[str]:
        step = self.storage.current_step
        if step == CHECK:
            return [self.check_template]
        return [self.template_name if step in self.pages else self.safety_template]

    def get_context_data(self, form: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(form=form, **kwargs)
        step, steps = self.storage.current_step, list(self.form_list)
        context |= {
            "opened": self.opened,
            "collection": self.collection,
            "mode": self.mode,
            "number": self.numbers.get(step),
            "first": steps.index(step) == 0,
            "page_language": languages.tag(self.language),
            "page_direction": languages.direction(self.language),
        }
        if step == CHECK:
            open_pages = {s: p for s, p in self.pages.items() if not self._section(p)}
            context["sections"] = layout.check_page(
                self.interview, open_pages, self.language,
                lambda step: self.get_step_url(step) + _FROM,
            )  # fmt: skip
            context["sealed"] = any(self._relevant(name) for name in self.opened.closed)
        elif step in self.pages:
            context |= self._page_context(self.pages[step])
        return context

    def _page_context(self, page: Page) -> dict[str, Any]:
        heading = layout.heading(self.interview, page, self.language)
        chapter = "" if self._section(page) else layout.chapter(
            self.interview, page, self.language
        )  # fmt: skip
        return {
            "notes": layout.notes(self.interview, page, self.language, self.showing),
            "group": heading,
            "group_shown": layout.heading_shown(page, self.showing),
            "not_grouped": not heading,
            "section": chapter,
        }

    def _relevant(self, section: str) -> bool:
        return self.interview.relevant(f"/{self.definition.root}/{section}")
