"""Texts of the Wagtail admin that its own German lacks, or has in words editors do not know.

Nothing imports this module. It brings the texts into the hub's catalogue, which Django asks before
Wagtail's.
"""

from django.utils.translation import gettext_noop as _

TEXTS = (
    _("Locale"),
    _("Locale: "),
    _("locale"),
    _("Switch locales"),
    _("Available in %(translations_total)s locales"),
    _("Site history"),
    _("The slug '%(page_slug)s' is already in use within the parent page."),
    _(
        "The slug '%(page_slug)s' is already in use within the parent page at "
        "'%(parent_url_path)s'."
    ),
    _("Anyone can edit this %(model_name)s"),
    _("Anyone can edit this %(model_name)s – lock it to prevent others from editing"),
    _("%(start_index)s-%(end_index)s of %(items_count)s %(model_name)s"),
    _("%(start_index)s-%(end_index)s of %(items_count)s %(model_name)s across entire site."),
    _(
        "%(start_index)s-%(end_index)s of %(items_count)s %(model_name)s in "
        "'<span class=\"w-title-ellipsis\">%(title)s</span>'."
    ),
    _("Awaiting your review"),
    _("Your pages and snippets in a workflow"),
    _("Approve with comment"),
    _("In Moderation"),
    _("in moderation"),
    _("live + in moderation"),
    _("Page '%(page_title)s' created and submitted for moderation."),
    _("Page '%(page_title)s' has been submitted for moderation."),
    _("Anyone with editing permissions can create schedules"),
    _("But only those with publishing permissions can make them effective."),
    _("Once live anyone can view"),
    _("This %(model_name)s is currently awaiting moderation."),
    _("Only reviewers for this task can edit the %(model_name)s."),
    _("Cancel workflow "),
    _("Locales"),
    _("Actions (footer)"),
    _("View latest version"),
    _("Currently idle"),
    _("Proceeding will overwrite the changes you made in that window."),
    _("Proceeding will overwrite the changes made by %(user_name)s."),
    _("Alternatively, you can view the latest version in a new tab."),
    _("A network error occurred"),
    _(
        "Troubleshoot your connection to the site before proceeding. "
        "Open the editor in a separate tab to view the last saved version."
    ),
)
