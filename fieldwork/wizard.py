"""The interviewer's mode of the questionnaire: one assignment, asked aloud on a tablet.

The sealed section is handed over to her: the interviewer's pages stop, hers show nothing of what
was answered before, and once left the section is shut for everybody.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from fieldwork import access
from fieldwork.services import visits
from surveys import drafts, intake
from surveys.core.interview import Page
from surveys.wizard import QuestionnaireWizard


class InterviewWizard(QuestionnaireWizard):
    """``handle`` in the address is the assignment's code; only its interviewer gets in."""

    mode = "interviewer"
    channel = "interview"
    url_name = "fieldwork-interview"
    template_name = "fieldwork/interview.html"
    check_template = "fieldwork/interview_check.html"
    safety_template = "fieldwork/handover.html"

    def opened_for(self, request: HttpRequest, handle: str) -> drafts.Open | None:
        self.assignment = access.assignment_for(request.user, handle)
        return drafts.by_context(handle)

    @property
    def left_for(self) -> tuple[str, str]:
        """Address and name of the page on which the interview began."""
        return reverse("fieldwork-visit", args=[self.assignment.code]), "这一户"

    def without_draft(self, request: HttpRequest) -> HttpResponse:
        return redirect(self.left_for[0])

    def completed(self, outcome: intake.Outcome) -> HttpResponse:
        visits.finish(self.assignment, now=timezone.now())
        return redirect("fieldwork-visit-done", code=self.assignment.code)

    def declined(self) -> HttpResponse:
        visits.decline(self.assignment, now=timezone.now())
        return redirect(self.left_for[0])

    def section_left(self, following: str) -> HttpResponse:
        return redirect("fieldwork-visit-sealed", code=self.assignment.code)

    def stamp(self, moment: str) -> str:
        """An interview's clock is kept: duration and time of day are checked in review."""
        return moment

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        section = self.section_at(kwargs["step"])
        if section and "skip" in self.request.POST:
            self.close(section)
            return self.section_left("")
        return super().post(*args, **kwargs)

    def _safety_before(self, slug: str, page: Page) -> str:
        """Whoever comes back to a sealed section hands the tablet over again."""
        section = self.section_at(slug)
        return self._safety_step(section) if section else slug

    def get_form(self, step: str | None = None, data: Any = None, files: Any = None) -> Any:
        """In the sealed section nothing answered before is shown, whoever looks."""
        form = super().get_form(step, data, files)
        if data is None and self.section_at(step or self.steps.current):
            form.initial = {}
        return form

    def get_template_names(self) -> list[str]:
        step = self.storage.current_step
        if step in self.pages and self.section_at(step):
            return ["fieldwork/private.html"]
        return super().get_template_names()

    def get_context_data(self, form: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(form=form, **kwargs)
        page = self.pages.get(self.storage.current_step)
        address, name = self.left_for
        context |= {"left_for": address, "left_name": name}
        context["section"] = self._title(page) if page else ""
        if page:
            context["asked"] = [
                (form[name], self._prompt(item.question.guidance, item.path))
                for name, item in form.names.items()
                if name in form.fields
            ]
            context["prompts"] = [
                self._prompt(i.question.guidance, i.path)
                for i in page.items
                if i.question.kind == "note" and i.question.guidance
            ]
        if "sections" in context:
            context["blank"] = [
                row for section in context["sections"] for row in section.rows if not row["value"]
            ]
        return context

    def _prompt(self, guidance: Any, path: str) -> str:
        return self.interview.text(guidance, self.language, path)

    def _title(self, page: Page) -> str:
        """Name of the part of the questionnaire a page stands in."""
        top = page.key.split("/")[2].partition("[")[0]
        node = next(n for n in self.definition.children if n.name == top)
        return self.interview.text(node.label, self.language) if node.path != page.key else ""


class VillageWizard(InterviewWizard):
    """The form about a village, filled in with its head; ``handle`` is the form's code."""

    url_name = "fieldwork-village"

    def opened_for(self, request: HttpRequest, handle: str) -> drafts.Open | None:
        self.form_row = access.village_form_for(request.user, handle)
        return drafts.by_context(handle)

    @property
    def left_for(self) -> tuple[str, str]:
        return reverse("fieldwork-today"), "今日走访"

    def completed(self, outcome: intake.Outcome) -> HttpResponse:
        notices.success(self.request, f"{self.form_row.village.village.name}的村（社区）卷已提交。")
        return redirect(self.left_for[0])

    def declined(self) -> HttpResponse:
        return redirect(self.left_for[0])

    def section_left(self, following: str) -> HttpResponse:
        return redirect(self.url_name, handle=self.form_row.code, step="next")
