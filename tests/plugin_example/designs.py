"""A certificate design of a third party."""

from certificates.designs import ClassicDesign, designs


@designs.register
class PlainDesign(ClassicDesign):
    slug = "example-plain"
    label = "Plain"

    def get_context(self, payload):
        return {"name_size": "medium", "title_size": "medium"}
