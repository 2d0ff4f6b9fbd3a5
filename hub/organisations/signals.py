"""What happens to people and authorities, announced after the transaction is committed.

``memberships_changed``
    Sender: ``Membership``. Keyword arguments: ``membership_ids``, a list. Sent once for each import
    or form with all memberships that were made or changed; receivers must be safe to repeat.
"""

from django.dispatch import Signal

memberships_changed = Signal()
