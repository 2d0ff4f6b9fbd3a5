/* Questions whose type is not installed are shown, but their placeholder is not offered as a type. */
{
  const { StreamBlockDefinition } = window.wagtailStreamField.blocks;

  class QuestionStreamBlockDefinition extends StreamBlockDefinition {
    constructor(name, groups, initialStates, meta) {
      super(name, groups, initialStates, meta);
      this.groupedChildBlockDefs = groups.map(([group, blocks]) => [
        group,
        blocks.filter((block) => block.name !== meta.placeholder),
      ]);
    }
  }

  window.telepath.register("courses.QuestionStreamBlock", QuestionStreamBlockDefinition);
}
