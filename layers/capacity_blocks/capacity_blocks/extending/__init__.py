"""Extensions, step by step: what each function of the workflow does with the world."""
