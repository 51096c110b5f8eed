/** A long text written for this project, for text mode: plain ASCII, about 4,000 characters. */
export const STORY = `The clock maker of the harbor

There was a town by the sea, and in the town there was a maker of clocks. Her shop was small and her
window was low, but the light was good, and all day long one could hear the clocks. They did not agree.
One was early, one was late, and one had stopped at noon in the year of the great storm.

"Why do you not set them right?" asked a boy who came in from the rain.

"Because they are learning," said the clock maker. "Each of them listens to the bell of the harbor. When
the bell rings, a clock hears how far it was from the truth. Then it turns a small wheel by a small step.
Not by a large step, or it would be wrong on the other side. A small step, and then it waits for the bell
again."

The boy looked at the clocks. "How many wheels are there?"

"In this one there are four thousand and sixty four," she said. "When I build a clock I set the wheels
by chance. The clock is wrong, and every wheel is wrong, and no wheel knows it. Then the bell rings. From
the face of the clock I walk back, wheel by wheel, and I ask each of them the same question: if you had
turned a little, would the hand have been nearer to the truth? Some say yes, some say no, and some say
that it makes no difference. So I turn each wheel a little, the way that it told me."

"And then the clock is right?"

"No. Then the clock is a little less wrong. That is all that ever happens in this shop. The bell rings,
and we are a little less wrong. After five hundred bells you may trust it with a letter. After ten
thousand you may trust it with a ship."

The boy came back the next day, and the day after. He learned to listen to the bell and to walk back from
the hand to the wheels. He learned that a wheel which turns too fast shakes the whole clock, and that a
wheel which does not turn at all learns nothing. He learned to begin with large steps and to end with
small ones, as one does when one comes home in the dark and looks for the door.

In the winter he built a clock of his own. He set the wheels by chance, as he had been taught, but some of
them he left at rest. "These shall wake up later," he said. The clock maker smiled, for she had done the
same when she was young.

The bell rang for the first time. The hand of the new clock moved, and it was wrong. The bell rang for the
second time, and the wheels that had been at rest began to turn. The bell rang and rang. In the evening
the boy looked at the clock and then at the sea, and the hand and the tide said the same.

"It knows the time," he said.

"It knows this harbor," said the clock maker. "Take it to another town, and it will still count our
tides. A clock has heard what it has heard. If you want it to know more, you must let it hear more."

So the boy took his clock under his arm and went along the coast. In each town he sat down by the water
and let the clock listen to the bell. In each town it was wrong at first, and in each town it was a little
less wrong in the evening. Some say that he still walks there. Some say that he came home, and that the
shop by the harbor is his now, and that the clocks in the window still do not agree.

But when the bell rings, and one stands very still, one can hear them: four thousand small wheels, and
each of them turns by a small step.
`
