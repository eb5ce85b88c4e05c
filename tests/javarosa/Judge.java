import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.javarosa.core.model.FormDef;
import org.javarosa.core.model.ItemsetBinding;
import org.javarosa.core.model.QuestionDef;
import org.javarosa.core.model.SelectChoice;
import org.javarosa.core.model.data.IAnswerData;
import org.javarosa.core.model.instance.InstanceInitializationFactory;
import org.javarosa.core.model.instance.TreeElement;
import org.javarosa.core.model.instance.TreeReference;
import org.javarosa.core.services.IPropertyManager;
import org.javarosa.core.services.PropertyManager;
import org.javarosa.core.services.properties.IPropertyRules;
import org.javarosa.form.api.FormEntryController;
import org.javarosa.form.api.FormEntryModel;
import org.javarosa.model.xform.XFormsModule;
import org.javarosa.xform.parse.XFormParser;
import org.javarosa.xform.util.XFormAnswerDataParser;

/**
 * What JavaRosa makes of forms and answers, printed leaf by leaf as `manage.py trace_form` does,
 * with the offered choices of selects as a sixth column.
 *
 * Argument: a list file, each line FORM::ANSWERS. An answers line is `path TAB value`; the line
 * `#REP` walks through the form: counted repeats grow and every free repeat gets two instances.
 */
public final class Judge {
    private static final int ENOUGH_STEPS = 20_000;
    private final FormDef form;

    private Judge(FormDef form) {
        this.form = form;
    }

    public static void main(String[] arguments) throws Exception {
        new XFormsModule().registerModule();
        PropertyManager.setPropertyManager(new NoProperties());
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            String[] job = line.split("::", 2);
            out.println("#FORM\t" + job[0]);
            try {
                judge(job[0], Files.readAllLines(Path.of(job[1])), out);
            } catch (Exception | StackOverflowError error) {
                out.println("!ERR\t" + String.valueOf(error.getMessage()).split("\n")[0]);
            }
        }
        out.flush();
    }

    private static void judge(String file, List<String> answers, PrintStream out) throws Exception {
        FormDef form;
        try (InputStreamReader source =
                new InputStreamReader(Files.newInputStream(Path.of(file)), StandardCharsets.UTF_8)) {
            form = new XFormParser(source).parse(null);
        }
        form.initialize(true, new InstanceInitializationFactory());
        Judge judge = new Judge(form);
        for (String answer : answers) {
            if (answer.startsWith("#REP")) {
                judge.walk();
            } else if (!answer.isBlank()) {
                judge.put(answer.split("\t", 2));
            }
        }
        // asking for choices drops answers that are no longer offered: not before all is read,
        // and last question first, because filters look upwards
        Map<TreeElement, String> found = new LinkedHashMap<>();
        judge.leaves(form.getMainInstance().getRoot(), "", found);
        List<TreeElement> leaves = new ArrayList<>(found.keySet());
        Collections.reverse(leaves);
        leaves.forEach(leaf -> found.merge(leaf, judge.choices(leaf), (a, b) -> a + "\t" + b));
        found.values().forEach(out::println);
    }

    private void put(String[] answer) {
        TreeElement leaf = form.getMainInstance().resolveReference(reference(answer[0]));
        if (leaf == null) {
            return;
        }
        QuestionDef question = FormDef.findQuestionByRef(leaf.getRef(), form);
        IAnswerData value =
                answer[1].isEmpty()
                        ? null
                        : XFormAnswerDataParser.getAnswerData(
                                answer[1], leaf.getDataType(), question);
        form.setValue(value, leaf.getRef(), true);
    }

    private static TreeReference reference(String path) {
        TreeReference found = TreeReference.rootRef();
        for (String step : path.substring(1).split("/")) {
            int bracket = step.indexOf('[');
            int end = bracket < 0 ? step.length() : bracket;
            int position =
                    bracket < 0 ? 1 : Integer.parseInt(step.substring(bracket + 1, step.length() - 1));
            found.add(step.substring(0, end), position - 1);
        }
        return found;
    }

    /** Steps through the form as an interviewer does who adds a second instance everywhere. */
    private void walk() {
        FormEntryModel model = new FormEntryModel(form);
        FormEntryController controller = new FormEntryController(model);
        int event = controller.stepToNextEvent();
        for (int i = 0; event != FormEntryController.EVENT_END_OF_FORM && i < ENOUGH_STEPS; i++) {
            if (event == FormEntryController.EVENT_PROMPT_NEW_REPEAT
                    && model.getFormIndex().getReference().getMultLast() < 2) {
                controller.newRepeat();
            }
            event = controller.stepToNextEvent();
        }
    }

    /** The values a select offers once its filter is applied, or nothing for other questions. */
    private String choices(TreeElement leaf) {
        QuestionDef question = FormDef.findQuestionByRef(leaf.getRef(), form);
        if (question == null) {
            return "";
        }
        try {
            ItemsetBinding itemset = question.getDynamicChoices();
            List<SelectChoice> found =
                    itemset == null ? question.getChoices() : itemset.getChoices(form, leaf.getRef());
            StringJoiner names = new StringJoiner(" ");
            if (found != null) {
                found.forEach(choice -> names.add(choice.getValue()));
            }
            return names.toString();
        } catch (RuntimeException unknownList) {
            return "?";
        }
    }

    private void leaves(TreeElement element, String above, Map<TreeElement, String> found) {
        if (element.getMult() == TreeReference.INDEX_TEMPLATE) {
            return;
        }
        String position = element.isRepeatable() ? "[" + (element.getMult() + 1) + "]" : "";
        String path = above + "/" + element.getName() + position;
        if (element.getNumChildren() == 0) {
            found.put(element, String.join("\t", path, bit(element.isRelevant()),
                    bit(element.isRequired()), constraint(element), text(element)));
        }
        for (int i = 0; i < element.getNumChildren(); i++) {
            leaves(element.getChildAt(i), path, found);
        }
    }

    private String constraint(TreeElement leaf) {
        if (leaf.getValue() == null || leaf.getConstraint() == null) {
            return "-";
        }
        try {
            return form.evaluateConstraint(leaf.getRef(), leaf.getValue()) ? "ok" : "BAD";
        } catch (RuntimeException error) {
            return "ERR";
        }
    }

    private static String text(TreeElement leaf) {
        IAnswerData value = leaf.getValue();
        String text = value == null ? "" : value.uncast().getString();
        return text.replace("\n", "\\n").replace("\t", " ");
    }

    private static String bit(boolean yes) {
        return yes ? "1" : "0";
    }

    /** A device that knows nothing of itself. */
    private static final class NoProperties implements IPropertyManager {
        @Override public List<String> getProperty(String name) { return List.of(); }
        @Override public void setProperty(String name, String value) { }
        @Override public void setProperty(String name, List<String> values) { }
        @Override public String getSingularProperty(String name) { return ""; }
        @Override public void addRules(IPropertyRules rules) { }
        @Override public List<IPropertyRules> getRules() { return List.of(); }
    }
}
