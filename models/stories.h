/* stories.h - a generator of short stories in simple English. A number goes in, a story comes out.
 *
 * A story is a plot (text with holes, see text.h), a cast and a few facts that belong together (a skill, how it goes wrong,
 * and the advice that helps). Sentences come whole from the tables, and only names, pronouns and noun phrases that fit
 * everywhere are put in, so that no combination can be ungrammatical: all in the past tense, pronouns from the cast,
 * articles from the first letter. Each plot has dozens of places with two to six wordings: there are far more than 10^12
 * stories, so a model cannot learn them by heart and has to learn how they are made.
 */
#ifndef STORIES_H
#define STORIES_H
#include "text.h"

#define COUNT(table) (sizeof (table) / sizeof (table)[0])
#define PICK(r, table) (&(table)[rng_below(r, (unsigned)COUNT(table))])

/* --- the cast ---------------------------------------------------------------------------------------------------------
 * Few enough that each name is one token: a small model copies one token from far back, but not a row of them. Heroes and
 * their friends have names of their own ([0] and [1]), so that a model cannot give both the same one. */
static const char *const girls[2][12] = {
    { "Lily", "Mia", "Anna", "Rosa", "Ella", "Nora", "Zoe", "Ruby", "Jane", "Alice", "Maya", "Eva" },
    { "Clara", "Ivy", "Lucy", "Emma", "Sara", "Kate", "Molly", "Nina", "Amy", "Grace", "Julia", "Laura" } };
static const char *const boys[2][12] = {
    { "Tom", "Ben", "Max", "Sam", "Leo", "Finn", "Jack", "Noah", "Tim", "Mark", "David", "Alex" },
    { "Oscar", "Theo", "Paul", "Adam", "Luke", "Peter", "Simon", "Henry", "Felix", "John", "Oliver", "Martin" } };
static const char *const animals[] = { "fox", "rabbit", "bear", "mouse", "hedgehog", "squirrel", "otter", "duck", "frog", "owl", "beaver", "goat" };
static const char *const animal_girls[2][5] = { { "Pippa", "Hazel", "Daisy", "Olive", "Luna" }, { "Poppy", "Willow", "Bella", "Holly", "Penny" } };
static const char *const animal_boys[2][5] = { { "Bram", "Rusty", "Bruno", "Archie", "Benno" }, { "Toby", "Milo", "Otto", "Basil", "Monty" } };
static const char *const adults[][2] = { { "Mom", "f" }, { "Dad", "m" }, { "Grandma", "f" }, { "Grandpa", "m" },
    { "Aunt Rose", "f" }, { "Uncle Joe", "m" } };
static const char *const traits[] = { "kind", "curious", "cheerful", "gentle", "quiet", "clever", "brave", "busy", "friendly",
    "patient", "lively", "thoughtful", "cheery", "merry", "careful", "polite", "helpful", "playful" };
static const char *const places[] = { "the park", "the river", "the forest", "the meadow", "the beach", "the old barn", "the lake",
    "the village square", "the garden", "the green hill", "the orchard", "the old mill" };
static const char *const things[] = { "red ball", "blue kite", "wooden boat", "silver whistle", "yellow hat", "green scarf",
    "toy train", "little drum", "picture book", "shiny button", "paper lantern", "woolly blanket", "tin soldier", "orange cup",
    "brass bell", "striped umbrella", "glass marble", "teddy bear", "music box", "old compass", "silver spoon", "painted stone", "rag doll", "small lantern", "wool cap", "golden key" };
static const char *const hiding[] = { "under a bush", "behind a big rock", "in the tall grass", "under a wooden bench",
    "between two old roots", "behind the fence", "under a pile of leaves", "beside the path", "inside a hollow log",
    "at the foot of a tree" };
static const char *const foods[] = { "warm bread", "apple pie", "hot soup", "honey cake", "berry cake", "pancakes",
    "fresh cookies", "hot chocolate", "plum cake", "onion soup" };

static void set_pronouns(variables *v, int female, const char *he, const char *him, const char *his)
{
    var_set(v, he, female ? "she" : "he");
    var_set(v, him, female ? "her" : "him");
    var_set(v, his, female ? "her" : "his");
}

/* A name and what it is: a child or an animal that talks. */
static int cast_one(rng *r, variables *v, const char *name_hole, const char *kind_hole, int friend)
{
    int female = (int)rng_below(r, 2), animal = rng_chance(r, 35);
    var_set(v, name_hole, animal ? (female ? *PICK(r, animal_girls[friend]) : *PICK(r, animal_boys[friend]))
                                 : (female ? *PICK(r, girls[friend]) : *PICK(r, boys[friend])));
    var_set(v, kind_hole, animal ? *PICK(r, animals) : female ? "girl" : "boy");
    return female;
}

static void cast_story(rng *r, variables *v)
{
    const char *const *adult = *PICK(r, adults), *place = *PICK(r, places), *other;
    set_pronouns(v, cast_one(r, v, "hero", "kind", 0), "he", "him", "his");
    set_pronouns(v, cast_one(r, v, "friend", "fkind", 1), "fhe", "fhim", "fhis");
    var_set(v, "adult", adult[0]);
    set_pronouns(v, adult[1][0] == 'f', "ahe", "ahim", "ahis");
    var_set(v, "trait", *PICK(r, traits));
    var_set(v, "place", place);
    do other = *PICK(r, places); while (other == place);
    var_set(v, "place2", other);
    var_set(v, "thing", *PICK(r, things));
    var_set(v, "hidden", *PICK(r, hiding));
    var_set(v, "food", *PICK(r, foods));
}

/* --- wordings that all plots share -------------------------------------------------------------------------------------- */
static const variable wordings[] = {
    { "open", "[Once upon a time, there was {a trait} {kind} named {hero}.|Once there lived {a trait} {kind}. {His} name was {hero}."
              "|{hero} was {a trait} {kind} who lived near {place2}.|In a small house near {place2} lived {a kind} named {hero}. {He} was very {trait}."
              "|There once was {a kind} called {hero}, and everybody knew how {trait} {he} was.|{hero} was small, but {he} was very {trait}.|Everyone near {place2} knew {hero}, the {trait} {kind}.|Far away, near {place2}, there was a house with a red door. {A kind} named {hero} lived there.|Do you know {hero}? {He} is {a kind}, and this is what happened to {him}.|Long ago, {a trait} {kind} called {hero} lived with {adult} in a little house.|This is the story of {hero}, {a trait} {kind} from a village near {place2}.]" },
    { "day",  "[One day|One morning|One sunny afternoon|On a bright spring day|One windy day|On a cool autumn morning|One Sunday|Early one summer day]" },
    { "weather", "[|The sun was shining.|A soft wind was blowing.|The sky was blue and clear.|Small white clouds moved across the sky.|Birds were singing in the trees.|The air smelled of grass and flowers.]" },
    { "sad",  "[{hero} felt sad.|{hero} wanted to cry.|A tear ran down {his} nose.|{hero} sat down and sighed.|{His} heart felt heavy.]" },
    { "happy", "[{hero} was very happy.|{hero} smiled from ear to ear.|{hero} jumped for joy.|{hero} laughed out loud.|{His} heart felt warm and light.]" },
    { "said", "[said|answered|replied]" },
    { "think", "[{hero} thought for a while.|{hero} thought hard about it.|{hero} closed {his} eyes and thought.|For a moment {hero} did not know what to do.]" },
    { "thanks", "[\"Thank you so much!\" said {hero}.|\"Thank you, {friend}!\" said {hero}.|{hero} thanked {friend} with all {his} heart.|{hero} gave {friend} a big hug.]" },
    { "eat",  "[Then they went home and ate {food}.|That evening they shared {food}.|Afterwards they sat together and had {food}.|At home {adult} had made {food} for everyone.|To celebrate, {adult} made {food}.]" },
    { "end",  "[{He} never forgot that day.|And that night {hero} slept very well.|It was the best day of the whole year.|From that day on, they were the best of friends.|And everyone was happy.|When the stars came out, {hero} was still smiling.|{hero} went to bed tired and happy.|They talked about it for many years.]" },
};

/* --- plots that need nothing but the cast --------------------------------------------------------------------------------- */
static const char *const plots[] = {
    /* lost and found */
    "{open} [{He} had {a thing} and took it everywhere.|Of all {his} toys, {he} liked {his} {thing} best.|{adult} had once given {him} {a thing}, and {he} loved it.]\n\n"
    "{day}, {hero} went to {place} to play. {weather} [But when {he} wanted to go home, the {thing} was gone!|After a while {he} looked around, and the {thing} was not there.|{He} ran and jumped until noon. Then {he} saw that {his} {thing} was missing.] "
    "[\"Oh no! Where is my {thing}?\" cried {hero}.|\"I have lost my {thing}!\" {he} cried.] {sad}\n\n"
    "[Just then {friend} came along.|{friend}, {a fkind}, heard {him}.|{a fkind} named {friend} was walking by.] [\"What is wrong?\" asked {friend}.|\"Why are you so sad?\" {fhe} asked.] "
    "[\"I cannot find my {thing},\" said {hero}.|{hero} told {fhim} what had happened.] [\"Do not worry,\" said {friend}. \"We will look for it together.\"|\"Four eyes see more than two,\" said {friend}. \"Let us look together.\"]\n\n"
    "[They looked near the water, but it was not there.|First they searched the path.|They looked up and they looked down.|They asked an old woman, but she had not seen it.] [Then they looked behind every tree.|They did not give up.|It was getting late, but they kept looking.] "
    "[At last {friend} saw something {hidden}.|Suddenly {friend} stopped and pointed. There was something {hidden}.|Then {hero} looked once more, {hidden} this time.] [It was the {thing}!|And there it was, the {thing}!] {happy} {thanks} [{eat} |]{end}",

    /* sharing */
    "{open} [{day}, {hero} and {friend} were playing near {place}.|{day}, {hero} met {friend} at {place}.] {weather} [They found {a thing} {hidden}.|Suddenly they both saw {a thing} {hidden}.] "
    "[\"It is mine! I saw it first!\" said {hero}.|\"I want it!\" shouted {hero}.] [\"No, it is mine!\" said {friend}.|\"But I want it too!\" said {friend}.]\n\n"
    "[They both pulled, and neither of them would let go.|They shouted at each other until their faces were red.|Each of them held one side and would not let go.] [Then {friend} began to cry.|Then {friend} turned around and walked away.|In the end {hero} got it, but playing alone was no fun.] "
    "[{hero} looked at the {thing}. It was not so much fun any more.|{hero} felt bad. {a thing} was nice, but a friend was nicer.|Now it was very quiet, and {hero} felt lonely.]\n\n"
    "[So {hero} went to {friend}.|{hero} ran after {friend}.] [\"I am sorry,\" {he} said. \"We can take turns.\"|\"Let us share it,\" said {hero}. \"You may have it first.\"|\"You can have it today, and I will have it tomorrow,\" said {hero}.] "
    "[{friend} smiled again.|{friend} stopped crying and nodded.|\"That is a good idea,\" {said} {friend}.] [They played together until the sun went down.|They played all afternoon.|All day long they took turns, and nobody was angry.] [{eat} |][{hero} learned that sharing makes everything more fun.|{end}]",

    /* the seed */
    "{open} {day}, {adult} gave {him} a [tiny seed|small brown seed|round black seed]. [\"What will it be?\" asked {hero}. \"Wait and see,\" {said} {adult}.|\"Put it in the earth and take good care of it,\" said {adult}.|\"If you are patient, it will surprise you,\" said {adult}.]\n\n"
    "{hero} made a little hole in the ground near {place}, put the seed inside and gave it water. [The next morning {he} ran out to look. There was nothing.|Every day {he} came back to look, but there was only brown earth.|A day passed, and then another, but nothing happened.] {sad} "
    "[\"It does not work,\" said {hero}.|\"Maybe the seed is asleep,\" said {hero}.] [\"Good things take time,\" {said} {adult}.|\"Be patient,\" {said} {adult}. \"It is growing where you cannot see it.\"]\n\n"
    "[So {hero} waited and gave it water every day.|{hero} did not give up.|Every morning {hero} sang a little song to the seed.] Then it rained for [two days|three days|a whole night]. [When the sun came back, there was a small green leaf!|After the rain, something green looked out of the earth.] {happy} "
    "[The plant grew and grew, and in summer it had a big [yellow|red|blue|white] flower.|Week after week it grew taller, until it was taller than {hero}.|By the end of summer it was full of sweet [beans|tomatoes|peas].] [{friend} came to see it and said, \"How beautiful!\"|{hero} showed it to {friend}, and they were both proud.] {end}",

    /* a gift */
    "{open} [Tomorrow was the birthday of {adult}, and {hero} wanted to give {ahim} something special.|{hero} loved {adult} very much and wanted to make {ahim} a gift.] [But {he} had no money.|\"But what can I give?\" {he} asked.] {think} "
    "[\"I know! I will make [a card|a crown of flowers|a necklace of shells|a little wooden bird|a picture]!\" {he} said.|Then {he} had an idea. {He} would make something with {his} own hands.]\n\n"
    "{hero} went to {place} and looked for pretty things. {weather} [{He} found a smooth stone, a feather and three flowers.|{He} filled {his} basket with flowers, shells and leaves.|{He} found a piece of soft wood and a long blue feather.] "
    "[But on the way home the wind blew everything away!|Then {he} fell, and everything broke.|But suddenly it started to rain, and everything got wet.] {sad} [{friend} saw it and came to help.|Then {friend} came by. \"Let me help you,\" {fhe} said.] "
    "[Together they found even prettier things.|They worked side by side until it was done.|They worked all afternoon and laughed a lot.]\n\n"
    "[The next morning {hero} gave {adult} the gift.|In the evening {hero} put the gift on the table.] [\"Did you make this yourself?\" asked {adult}.|{adult} opened it very slowly.] [\"It is the most beautiful gift I have ever had,\" {ahe} said.|{Ahis} eyes were shining. \"I will keep it forever,\" {ahe} said.] {happy} [{eat} |]{end}",

    /* the map */
    "{open} {day}, {hero} found [an old map|a piece of paper with a map on it|a strange map] {hidden}. [There was a red cross on it, near {place}.|It showed the way to {place}, and there was a cross.] [\"A treasure!\" {he} cried.|\"I wonder what is there,\" said {hero}.] "
    "{He} ran to {friend} and showed it to {fhim}. [\"Let us go and find it!\" said {friend}.|\"I will come with you,\" said {friend}.]\n\n"
    "[They walked past {place2} and over a small bridge.|The way was long, and they had to climb over rocks.|They followed the map step by step.] {weather} [Then they came to a stream without a bridge. They made one from an old log.|Then the path ended. {hero} turned the map around, and they saw their mistake.|Once they got lost, but {friend} remembered a tall tree and they found the way again.] "
    "[\"I am tired,\" said {friend}. \"Only a little more,\" said {hero}.|\"Are we there yet?\" asked {friend}. \"Almost,\" said {hero}.]\n\n"
    "At last they came to the place with the cross. [They dug in the earth until they hit something hard.|There was a hole, and something was in it.] It was a box! [Inside was {a thing} and a letter. \"This is for whoever is brave enough to look,\" it said.|Inside they found {a thing} and a lot of old pictures.|Inside was {a thing}, and it was still as good as new.] "
    "{happy} [\"The best part was the way here,\" said {friend}.|\"It belongs to both of us,\" said {hero}.|They put something of their own into the box and hid it again for the next one.] {end}",

    /* honesty */
    "{open} {day}, {hero} was playing with {his} {thing} in the house. [{adult} had said not to run inside.|\"Please be careful,\" {adult} had said.] But {hero} forgot. [{He} ran around the table and hit the big vase.|{He} jumped, fell, and pushed the blue bowl off the table.|{He} turned around too fast and knocked over a lamp.] Crash! It broke into many pieces.\n\n"
    "[{hero} was scared.|{His} heart beat fast.] [\"Nobody saw it,\" {he} thought, and hid the pieces behind the curtain.|{He} put the pieces under the bed and ran outside.] [But {he} could not play any more. {He} kept thinking about it.|All day {he} had a bad feeling in {his} belly.|At dinner {he} could not eat anything.] "
    "[\"Is something wrong?\" asked {adult}.|{friend} said, \"You should tell the truth.\"]\n\n"
    "[In the end {hero} told {adult} everything.|\"I broke it, and I am sorry,\" {hero} said in a small voice.] [{adult} was quiet for a moment.|{adult} took a deep breath.] [\"I am sad that it is broken, but I am proud that you told me the truth,\" {ahe} said.|\"Thank you for telling me,\" {said} {adult}. \"That was brave.\"] "
    "[They mended it together with glue.|Together they cleaned up and made a new place for it.|Then they took the pieces and made a pretty picture of them.] [{hero} felt much better.|{hero} felt light again.] {end}",

    /* the rainy day */
    "{open} {He} wanted to go to {place} with {friend}. [But it rained and rained.|But dark clouds came, and it began to rain.] [\"Now the day is ruined,\" said {hero}.|\"This is not fair,\" said {hero}.] {sad}\n\n"
    "[{friend} had an idea. \"Let us play inside!\"|\"We can make our own [forest|ship|castle] here,\" said {friend}.] [They put two chairs together and hung a blanket over them.|They took boxes, blankets and a broom.|They turned the table upside down and made a sail from a sheet.] [It became a ship, and {hero} was the captain.|It became a cave, and {friend} was a friendly dragon.|It became a castle with a king and a queen.] "
    "[Their {thing} was the treasure.|They sailed to an island where the trees were made of cake.|\"Look out for the sea monster!\" shouted {friend}, and they both laughed.] [{adult} brought them {food}.|{adult} came in and played too.|They ate {food} in their new home.]\n\n"
    "[When they looked out of the window, the rain had stopped.|Later the sun came out.] [A big rainbow stood over {place2}.|There was a rainbow in the sky.] [\"We can go out now,\" said {adult}. \"Just one more game!\" said {hero}.|\"Shall we go out?\" asked {friend}. \"Later,\" said {hero}. \"The game is too good.\"|They ran outside and jumped into every puddle.] {end}",

    /* the new one */
    "{open} {day}, a new {fkind} came to {place}. [{Fhis} name was {friend}.|It was {friend}, who had just moved here.] [{friend} stood alone and did not say a word.|{friend} sat alone and looked at the ground.] [The others played and did not see {fhim}.|Nobody knew what to say to {fhim}.]\n\n"
    "[{hero} knew how it feels to be alone.|{hero} looked over again and again.] {think} [Then {he} took {his} {thing} and went over.|Then {he} walked up to {friend}.] [\"Hello, I am {hero}. Do you want to play with me?\" {he} asked.|\"My name is {hero}. Would you like to see my {thing}?\" {he} asked.] "
    "[At first {friend} was too shy to answer.|{friend} looked up in surprise.] [Then {fhe} smiled a little. \"Yes, please,\" {fhe} said.|\"I would like that,\" said {friend} very quietly.]\n\n"
    "[{hero} showed {fhim} the best places, and {friend} knew a new game.|They played with the {thing}, and {friend} told funny stories.|They climbed, ran and laughed together.] [Soon the others came and wanted to play too.|Soon everybody was playing together.] [\"I was afraid that I would have no friends here,\" said {friend}. \"Now you have one,\" said {hero}.|In the evening {friend} said, \"Thank you for talking to me.\" \"I am glad you are here,\" said {hero}.] {end}",

    /* the fog */
    "{open} {day}, {hero} and {friend} [walked to {place} to pick berries|went out to look for mushrooms|wanted to see what was behind {place}]. {weather} [They talked so much that they did not see the fog.|They went farther than ever before.] [Suddenly everything was white.|Then a thick fog came down, and they could not see the path.]\n\n"
    "[\"Where are we?\" asked {friend}.|\"I cannot see the way home,\" said {friend}.] [\"Hold my hand,\" said {hero}.|{hero} was afraid too, but {he} did not show it.] [They walked to the left, but there was only a wall of stones.|They walked in a circle and came back to the same tree.|They called, but nobody answered.] {think} "
    "[\"Let us be quiet and listen,\" {he} said.|\"If we listen, we may hear the river,\" {he} said.] [Far away a bell was ringing.|Then they heard water.|After a while they heard a dog.] [\"That is the way!\" cried {friend}.|\"Do you hear that? We must go there,\" said {hero}.]\n\n"
    "[Step by step they followed the sound.|Hand in hand they walked on.] [At last they saw a light. It was {adult} with a lantern.|Then the fog grew thin, and there was the house.] [\"There you are! I was so worried,\" said {adult}.|{adult} took them both in {ahis} arms.] {happy} [{eat} |][\"Next time we will take a compass,\" said {friend}.|{end}]",

    /* the snow */
    "[When {hero} woke up, the world was white.|In the night it had snowed, and in the morning everything was quiet and white.|\"Snow!\" cried {hero} and ran to the window.] {hero} was {a trait} {kind}, and {he} [loved snow|had waited for this day since autumn]. [{He} put on {his} boots and ran outside.|{He} ran out without breakfast.]\n\n"
    "{friend} was there already. [\"Let us build the biggest snowman in the village,\" said {friend}.|\"Shall we build a house of snow?\" asked {friend}.] [They rolled the snow until their hands were cold.|They worked all morning.] [But something was missing.|It was almost done.] [\"He needs a hat,\" said {hero}, and ran home to get one.|{hero} put {his} {thing} on top, and they laughed.] "
    "[Then they saw a small bird that sat in the snow and did not move.|Under a tree sat a bird with ruffled feathers.] [\"It is hungry,\" said {friend}.|\"It has nothing to eat in the snow,\" said {hero}.]\n\n"
    "[They brought seeds and crumbs from the kitchen.|{hero} ran to {adult} and asked for some bread.] [First one bird came, and then ten.|The bird ate, and soon it sang.] {happy} [Every morning of that winter they put out seeds for the birds.|\"Now they will not be hungry,\" said {adult}.] [{eat} |]{end}",

    /* the letter */
    "{open} [{His} best friend {friend} had moved far away.|Last summer {his} friend {friend} had moved to another village.] [Since then the days were long.|{hero} thought of {fhim} every day.|Nobody else could laugh like {friend}.] {sad} [\"Why don't you write a letter?\" said {adult}.|\"You could send {fhim} something,\" said {adult}.]\n\n"
    "{hero} sat down at the table. [{He} wrote about {place} and about the new {thing}.|{He} drew a picture of {place}, with two friends in it.|{He} wrote one page, and then another.] [Then {he} put a dry leaf into the letter and took it to the post office.|{adult} helped {him} with the hard words.] [Then {he} waited.|A week went by, and no answer came.|Every day {he} looked into the box, but it was empty.] "
    "[\"Maybe {friend} has forgotten me,\" said {hero}.|\"Why does {friend} not write?\" asked {hero}.] [\"A letter is slow, but it gets there,\" {said} {adult}.|\"Wait a little longer,\" {said} {adult}.]\n\n"
    "{day}, [there was a knock at the door, and {hero} opened it|somebody called {his} name, and {hero} ran out of the house]. [There stood {friend}!|It was {friend}!] [\"I got your letter, and I wanted to bring the answer myself,\" {fhe} said.|\"Your letter was so nice that we had to visit you,\" {fhe} said.] {happy} [They talked until it was dark.|They ran to {place}, as they had always done.] {end}",

    /* the moon */
    "[One night, {hero} could not sleep.|It was late, but {hero} was still awake.|The clock struck nine, and {hero} was not tired at all.] [The moon looked in at the window.|A big round moon stood over {place}.] {hero}, {a trait} {kind}, [wondered how far away it was|wanted to know what the moon is made of]. [\"Can I catch it?\" {he} thought.|\"If I climb high enough, I can touch it,\" {he} thought.]\n\n"
    "[Very quietly {he} got up and went outside.|{He} took {his} {thing} and went out on soft feet.] [{He} climbed onto the roof of the shed, but the moon was still far away.|{He} jumped as high as {he} could, but it was not high enough.|{He} walked and walked, and the moon walked with {him}.] [Then {he} saw it in a bucket of water.|Then {he} came to the water, and there was the moon!] "
    "[{He} put {his} hand in, and the moon broke into a hundred pieces.|When {he} touched it, it trembled and was gone.] [\"Oh no, I have broken it!\" {he} cried.|{hero} was frightened.]\n\n"
    "[\"What are you doing out here?\" asked {adult}, who had heard {him}.|{adult} came with a blanket.] {hero} told {ahim} everything. [{adult} smiled. \"Wait until the water is still,\" {ahe} said.|\"Look again,\" said {adult}.] [The water became smooth, and the moon was whole again.|And there it was again, round and bright.] [\"Nobody can own the moon,\" said {adult}, \"but everybody may look at it.\"|\"It belongs to everyone,\" said {adult}.] "
    "[They looked at it together until {hero} fell asleep.|Then {adult} carried {him} back to bed.] [{He} dreamed of a silver boat.|{end}]",

    /* many hands */
    "{open} {adult} had [a very big turnip in the field|a cart that was stuck on the road|an old apple tree that had fallen across the path], and nobody could move it. [\"I am strong. I can do it,\" said {hero}.|\"Let me try,\" said {hero}.] [{He} pulled until {his} face was red, but it did not move.|{He} pushed with all {his} strength. Nothing happened.]\n\n"
    "Then {friend} came along. [\"You are too small,\" said {hero}. \"You cannot help.\"|\"Can I help?\" {fhe} asked. \"No, I must do it alone,\" said {hero}.] [{friend} sat down and watched.|{friend} shrugged and waited.] [{hero} tried it with a stick, and the stick broke.|{hero} tried it again and fell on {his} back.] {think} [\"I was wrong,\" {he} said. \"Please help me.\"|\"Maybe we can do it together,\" {he} said at last.]\n\n"
    "[\"One, two, three!\" they shouted.|They counted to three and pulled at the same time.] [It moved a little, but it was not enough.|It shook, and then it stopped.] [So they called all the others, even the smallest ones.|Then {adult} came too, and an old man and a little mouse.] [All together they pulled, and it moved!|And when even the mouse helped, it moved!] {happy} "
    "[\"You see,\" said {friend}, \"nobody is too small to help.\"|\"Many hands make light work,\" said {adult}.] [{eat} |]{end}",

    /* the race */
    "{open} [Every year there was a big race at {place}, and {hero} wanted to win it.|{hero} could run very fast, and {he} wanted to win the big race at {place}.] [{He} practiced every day.|{He} ran every morning before breakfast.] [\"I will be the first this time,\" {he} said.|\"I hope I win,\" {he} told {adult}.]\n\n"
    "{day}, the race began. {weather} [\"One, two, three, go!\" shouted {adult}.|{adult} rang a bell, and off they went.] {hero} ran as fast as the wind. [Soon {he} was in front of all the others.|Only {friend} was as fast as {he} was.] Then {he} heard a cry. [{friend} had fallen over a root.|{friend} had hurt {fhis} leg and could not get up.] "
    "[{hero} could see the end of the race. It was so close!|{hero} looked ahead, and {he} looked back.] {think}\n\n"
    "[Then {he} turned around and ran back to help.|But a friend is more important than a race, so {he} went back.] [\"Lean on me,\" {he} said. \"We will go together.\"|\"Does it hurt? Come, I will help you,\" said {hero}.] They came in last, [but everybody clapped the loudest for them|and yet the people cheered for them]. "
    "[{adult} gave them both a medal made of paper.|\"You are the real winner today,\" said {adult}.|{friend} gave {him} {a thing} to say thank you.] {happy} {end}",
};

/* --- plots with a fact table: rows of things that belong together ------------------------------------------------------- */
typedef struct skill { const char *doing, *to_do, *failure, *advice, *success; } skill;
static const skill skills[] = {
    { "swimming", "swim", "{He} splashed around and got water in {his} nose.", "Lie on the water and breathe slowly.", "{He} swam all the way to the other side." },
    { "riding a bike", "ride a bike", "The bike tipped over, and {he} fell on the grass.", "Look ahead and not at the wheels.", "{He} rode once around the house without falling." },
    { "whistling", "whistle", "Only air came out of {his} mouth.", "Make your lips small and blow gently.", "A clear, high sound came out." },
    { "climbing", "climb the old oak tree", "{He} slipped and landed in the leaves.", "Hold on with both hands and go one branch at a time.", "{He} sat on the highest branch and saw the whole village." },
    { "painting", "paint a horse", "The horse looked like a table with a tail.", "First look at it for a long time and then paint what you see.", "The picture was so good that everybody knew the horse." },
    { "baking", "bake bread", "The bread was as hard as a stone.", "Let the dough rest, and it will grow.", "The bread was soft and smelled wonderful." },
    { "skating", "skate", "{He} sat down hard on the ground.", "Bend your knees and take small steps.", "{He} went in a big circle and did not fall." },
    { "singing", "sing in front of people", "{His} voice was so small that nobody heard it.", "Look at one friendly face and sing only for it.", "{His} voice filled the whole room." },
    { "cooking", "cook a good soup", "The soup tasted of nothing but salt.", "Taste it often, and add only a little at a time.", "The pot was empty in a few minutes." },
    { "sewing", "sew a coat", "One sleeve was longer than the other.", "Measure twice and cut once.", "The coat fit as if it had always been there." },
    { "juggling", "juggle three balls", "All three balls rolled under the bed.", "Start with one ball, then take two.", "All three balls flew through the air." },
    { "drumming", "play the drum", "It was so loud that the birds flew away.", "Listen first and then play softly.", "{He} played a song, and everyone danced." },
    { "fishing", "catch a fish", "{He} only caught an old boot.", "Sit still and wait, because fish do not like noise.", "{He} caught a big silver fish and let it swim away again." },
    { "flying a kite", "fly a kite", "The kite fell to the ground again and again.", "Run against the wind and let go of the string slowly.", "The kite danced high above the trees." },
    { "knitting", "knit a scarf", "There were more holes than scarf.", "Count every row and do not hurry.", "The scarf was long and warm." },
};
static const char *const skill_plots[] = {
    "{open} More than anything else, {he} wanted to learn to {to_do}. [{friend} could do it already.|{He} dreamed of it every night.|All the others could do it, only {hero} could not.]\n\n"
    "{day}, {he} tried it for the first time. {weather} {failure} [\"I will never learn it!\" cried {hero}.|\"It is too hard for me,\" said {hero}.|{hero} tried again, but it was no better.] {sad}\n\n"
    "[{adult} had seen everything.|{adult} sat down beside {him}.|Then {adult} came over.] [\"Nobody can do it the first time,\" {ahe} said. \"{advice}\"|\"I will tell you a secret about {doing},\" said {adult}. \"{advice}\"|\"I fell many times when I was small,\" said {adult}. \"{advice}\"] "
    "[So {hero} tried again, and again, and again.|{hero} nodded and tried once more.|From then on {hero} practiced every day.] [It went a little better each time.|Slowly it became easier.|After a week it was not so hard any more.]\n\n"
    "[And then it happened!|At last the big moment came.|One evening it finally worked.] {success} [\"I can do it!\" shouted {hero}.|\"Look at me!\" cried {hero}.] {happy} [{adult} clapped {ahis} hands.|{adult} was very proud.|\"I knew you could,\" said {adult}.] [Now {hero} helps others who want to learn to {to_do}.|{end}]",

    "\"I want to learn to {to_do},\" said {hero} at breakfast. {hero} was {a trait} {kind}, and once {he} wanted something, {he} did not stop. [\"Then I will help you,\" {said} {adult}.|\"That takes time,\" {said} {adult}.]\n\n"
    "[They began right after breakfast.|They did not wait until the next day.|After breakfast they got everything they needed.] {weather} [{hero} was full of hope, but the first time everything went wrong.|{hero} could hardly wait. But it was harder than it looked.|\"This is going to be easy,\" said {hero}, but it was not.] {failure} [{friend}, who was watching, laughed.|{friend} tried not to laugh.] {hero} [grew red in the face|looked at the ground]. [\"It is not funny,\" {he} said.|\"I am going home,\" {he} said.] "
    "[\"I am sorry,\" said {friend}. \"I needed a whole year to learn it.\"|\"Do not be angry,\" said {friend}. \"The same thing happened to me.\"] [Then {adult} said|{adult} told {him}|And {adult} added], \"{advice}\"\n\n"
    "[{hero} took a deep breath and began again.|{think} Then {he} began again.] [The second time was better, and the third time was almost good.|{He} tried ten times, and then ten times more.] [Before the sun went down, it worked.|When {he} had almost given up, it worked.] {success} {happy} [\"You see?\" said {friend}. \"{doing} is easy when you do not give up.\"|\"Now you can teach me,\" said {adult} and laughed.] {end}",
};

typedef struct rescue { const char *who, *trouble, *sound, *tool, *deed; } rescue;
static const rescue rescues[] = {
    { "kitten", "sat high up in a tree and could not get down", "a thin little cry from above", "a long ladder", "climbed up and carried the kitten down" },
    { "bird", "had its wing caught in a thorny bush", "a soft sound in the bushes", "a pair of scissors", "cut the thorns away one by one" },
    { "puppy", "had fallen into a deep hole", "a sad bark from under the ground", "a strong rope and a basket", "let the basket down and pulled the puppy up" },
    { "lamb", "was stuck in the mud up to its belly", "a weak cry from the wet field", "a wide wooden board", "put the board on the mud and pulled the lamb out" },
    { "duckling", "was caught in an old net", "a loud peeping near the water", "a small knife", "cut the net open" },
    { "pony", "had a stone in its foot and could not walk", "a low snort behind the trees", "a bent spoon", "took the stone out with the spoon" },
    { "bee", "had fallen into the water and could not fly", "a faint buzzing near the water", "a big leaf", "held out the leaf until the bee could climb on it" },
    { "calf", "had its head stuck between two boards of a fence", "a deep, sad sound from the field", "a hammer", "knocked one board loose" },
};
static const char *const rescue_plots[] = {
    "{open} {day}, {hero} was walking to {place}. {weather} [Suddenly {he} heard {sound}.|Then {he} stopped. There was {sound}.] [{He} went to look.|\"What was that?\" {he} said.|{He} followed the sound.] There was a little {who}. It {trouble}.\n\n"
    "[\"Poor little {who}!\" said {hero}. \"I will help you.\"|\"Do not be afraid,\" said {hero}. \"I am here now.\"] [{He} tried, but {he} could not do it alone.|{He} tried with {his} bare hands, but it did not work.] {think} [\"I need {tool},\" {he} said.|\"With {tool} I could do it,\" {he} thought.] "
    "[{He} ran to {friend} as fast as {he} could.|{He} ran home to {adult}.] [\"Please come quickly!\" {he} cried.|\"I need your help!\" {he} cried.] [They brought {tool}.|Together they came back with {tool}.]\n\n"
    "[Very slowly, {hero} {deed}.|\"Careful now,\" they whispered, and {hero} {deed}.] [The {who} was free!|Now the {who} was safe.] {happy} [The {who} looked at {him} as if it wanted to say thank you.|The {who} stayed close to {him} for a while before it went on its way.|It was tired, but it was not hurt.] "
    "[From then on, the {who} came to visit {him} every week.|\"You did that very well,\" said {adult}.|\"You have a good heart,\" said {adult} that evening.] {end}",

    "[It was getting dark near {place}.|It was early, and there was nobody at {place}.] {hero}, {a trait} {kind}, was on {his} way home when {he} heard {sound}. [{He} was a little scared, but {he} went closer.|{He} wanted to run on, but something made {him} stop.]\n\n"
    "It was a {who}, and it {trouble}. [\"How long have you been here?\" asked {hero} softly.|\"Oh dear,\" said {hero}. \"That looks bad.\"] [Nobody else was there to help.|{He} called, but nobody came.] {think} [Then {he} remembered that there was {tool} not far away.|Then {he} remembered that {adult} had {tool}.] [{He} ran to get it.|{He} ran and came back out of breath.]\n\n"
    "[The {who} was afraid, so {hero} spoke in a gentle voice.|{hero} sang a quiet song, and the {who} became calm.] Then {he} {deed}. [It took a long time, but it worked.|It was not easy, but at last it was done.] {happy} "
    "[When {he} told {friend} about it, {friend} could hardly believe it.|{adult} was waiting at the door. \"You are late,\" {ahe} said, \"but now I know why.\"|The next day the {who} was back, and it had brought its mother.] {end}",
};

typedef struct fear { const char *of, *event, *help, *truth; } fear;
static const fear fears[] = {
    { "the dark", "the lamp went out, and it was as black as ink", "\"Look up,\" said {adult}. There were a thousand stars in the window.", "The dark is only the day with its eyes closed." },
    { "thunder", "there was a flash, and thunder shook the house", "\"Count with me,\" said {adult}. \"One, two, three. You see, it is going away.\"", "Thunder is only a big noise." },
    { "big dogs", "a huge brown dog came down the road", "\"Hold out your hand and let it smell you,\" said {adult}.", "Even a big dog can have a soft heart." },
    { "deep water", "their boat began to rock on the lake", "\"Hold my hand and look at the shore,\" said {adult}.", "The water carries those who stay calm." },
    { "high places", "the ball landed on the roof, and somebody had to get it", "\"Do not look down,\" said {adult}. \"Look at your hands.\"", "A high place is just a low place with a better view." },
    { "the old house", "a light moved behind one of its windows", "\"Let us knock at the door together,\" said {adult}. A nice old woman opened it.", "Things look different from the inside." },
    { "speaking to people", "the teacher asked {him} to tell a story to everyone", "\"Just tell it to me,\" whispered {adult}. \"The others may listen.\"", "People are kinder than you think." },
};
static const char *const fear_plots[] = {
    "{open} But there was one thing that nobody knew. {hero} was afraid of {of}. [{He} never told anyone about it.|When the others talked about it, {he} went away.|\"I am not afraid,\" {he} always said, but it was not true.]\n\n"
    "{day}, {hero} was with {adult} [near {place}|not far from {place}]. [Everything was fine at first.|They were talking and laughing.] Then it happened: {event}. [{hero} could not move.|{His} knees began to shake.|{hero} held on to {adult} as hard as {he} could.] "
    "[\"I am scared,\" {he} whispered.|\"Are you all right?\" asked {adult}. {hero} shook {his} head.] [\"That is all right,\" {said} {adult}. \"Everyone is afraid of something.\"|\"I was afraid of {of} too when I was little,\" {said} {adult}.]\n\n"
    "{help} [{hero} took a deep breath.|{hero} counted to ten.] [And slowly, very slowly, the fear became smaller.|It was not easy, but {he} did it.] [{adult} said, \"{truth}\"|Then {hero} understood. {truth}] "
    "[The next day {he} told {friend} about it, and {friend} said, \"I am afraid of spiders.\" Then they both laughed.|When {friend} was scared the next time, {hero} knew what to say.|After that, {hero} was only a little bit afraid, and later not at all.] {end}",
};

/* The variables of a row of facts are named after its columns. */
static const char *choose_plot(rng *r, variables *v)
{
    unsigned total = (unsigned)(COUNT(plots) + 2 * COUNT(skill_plots) + 2 * COUNT(rescue_plots) + COUNT(fear_plots));
    unsigned i = rng_below(r, total);
    if (i < COUNT(plots)) return plots[i];
    i -= (unsigned)COUNT(plots);
    if (i < 2 * COUNT(skill_plots)) {
        const skill *s = PICK(r, skills);
        var_set(v, "doing", s->doing);
        var_set(v, "to_do", s->to_do);
        var_set(v, "failure", s->failure);
        var_set(v, "advice", s->advice);
        var_set(v, "success", s->success);
        return skill_plots[i / 2];
    }
    i -= (unsigned)(2 * COUNT(skill_plots));
    if (i < 2 * COUNT(rescue_plots)) {
        const rescue *s = PICK(r, rescues);
        var_set(v, "who", s->who);
        var_set(v, "trouble", s->trouble);
        var_set(v, "sound", s->sound);
        var_set(v, "tool", s->tool);
        var_set(v, "deed", s->deed);
        return rescue_plots[i / 2];
    }
    {
        const fear *f = PICK(r, fears);
        var_set(v, "of", f->of);
        var_set(v, "event", f->event);
        var_set(v, "help", f->help);
        var_set(v, "truth", f->truth);
        return *PICK(r, fear_plots);
    }
}

/* Sentences may begin with a variable that is written small ("kitten"), so the first letters are set right at the end. */
static void capitalise_sentences(char *s)
{
    int start = 1;
    for (; *s; s++) {
        if (start && isalpha((unsigned char)*s)) { *s = (char)toupper((unsigned char)*s); start = 0; }
        if (*s == '\n' || (strchr(".!?", *s) && s[1] == ' ')) start = 1;
    }
}

/* One story. The variables tell what it is about, for a request such as "Tell me a story about ...". */
static void make_story(rng *r, text *out, variables *v)
{
    size_t i;
    v->n = 0;
    text_clear(out);
    cast_story(r, v);
    for (i = 0; i < COUNT(wordings); i++) var_set(v, wordings[i].name, wordings[i].value);
    expand_all(out, r, choose_plot(r, v), v);
    capitalise_sentences(out->s);
}
#endif
