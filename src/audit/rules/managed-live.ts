import { fieldName } from '../driver/gist.ts';
import type { Use, Uses } from '../driver/handler-uses.ts';
import { type IrqDriver, shown } from '../driver/irq-driver.ts';
import { keyOf } from '../driver/object-key.ts';
import type { ParsedFunction } from '../driver/parsed-function.ts';
import type { Request } from '../driver/requests.ts';
import type { FunctionSource } from '../driver/source-file.ts';
import { type Finding, linesOf, placeOf } from '../finding.ts';
import type { CallEvent } from '../flow/events.ts';
import { addressedBy, bare } from '../syntax/expressions.ts';
import type { SyntaxNode } from '../syntax/node.ts';
import type { Rule } from './rule.ts';
import { severityOf } from './severity.ts';

export const managedLive: Rule = {
  id: 'irq-managed-live',
  summary:
    'remove() destroys what the handler of a devm interrupt uses: devres frees the interrupt only afterwards',
  why:
    'devres runs after remove() has returned. Until then the handler may be called, and queue work on a destroyed ' +
    'workqueue or follow a pointer to freed memory (2c50b58d4105 "media: mediatek: vpu: free IRQ before destroying ' +
    'watchdog workqueue").',
  bad: `static int foo_remove(struct platform_device *pdev)
{
	destroy_workqueue(priv->wq);	/* foo_irq() queues on it */
	return 0;
}`,
  good: `static int foo_remove(struct platform_device *pdev)
{
	devm_free_irq(&pdev->dev, priv->irq, priv);
	destroy_workqueue(priv->wq);
	return 0;
}`,
  severity: 'warning',
  strict: true,
  *check(driver) {
    const removes = new Map<FunctionSource, ParsedFunction>();
    for (const request of driver.functions
      .flatMap((fn) => driver.requests(fn))
      .filter(({ shape }) => shape.managed)) {
      if (request.handlers.length === 0) continue;
      for (const source of removesOf(driver, request)) {
        const remove = removes.get(source) ?? driver.driver.parse(source);
        if (remove === undefined) continue;
        removes.set(source, remove);
        yield* checkRemove(driver, request, remove);
      }
    }
  },
};

/** The remove callbacks of the file that the request stands in. */
function removesOf(driver: IrqDriver, { fn }: Request): FunctionSource[] {
  return [...fn.source.file.functions.values()].filter((source) =>
    [...driver.driver.callbackNames(source)].some((name) => name === 'remove' || name === 'remove_new'),
  );
}

/** Bring an object to its end; the argument is what it points to. */
const DESTROYS =
  /^(?:kfree\w*|vfree|kvfree|destroy_workqueue|iounmap|dma_free_\w+|dma_pool_destroy|mempool_destroy|kmem_cache_free|usb_put_hcd|free_netdev)$|(?:unregister|_free|_destroy|_release|_down|_cleanup|_deinit|_fini|_put)(?:_\w+)?$/;
const NOT_DESTROYING =
  /^(?:pm_|clk_|regulator_|reset_|gpio|of_|pci_|platform_|module_|dev_|device_|sysfs|debugfs|cancel_|flush_|mutex_|spin_|del_|free_irq|devm_free_irq|release_|mutex_destroy|misc_|cpufreq_|cpu|notifier|unregister_\w*notifier|v4l2_async)|_notifier|_dev_attr/;
/** Takes the interrupt, or its source in the device, out of service. */
const QUIETS =
  /free_irq|disable_irq|synchronize_irq|disable|mask|_stop|halt|shutdown|quiesce|_exit|suspend|_off$|reset|teardown|kill/;

function* checkRemove(driver: IrqDriver, request: Request, remove: ParsedFunction): Iterable<Finding> {
  let uses: Uses | undefined;
  for (const step of remove.flow.steps) {
    for (const event of remove.events(step)) {
      if (event.kind !== 'call' || event.name === undefined) continue;
      if (DESTROYS.test(event.name) && !NOT_DESTROYING.test(event.name)) {
        uses ??= driver.usedBy(request.handlers);
        const destroyed = destroyedBy(driver, remove, event, uses);
        if (destroyed !== undefined) {
          yield finding(request, remove, event, destroyed.object, destroyed.use);
          return;
        }
      }
      const written = /^(?:write[bwl]|iowrite|regmap_(?:write|update|clear))/.test(event.name);
      if (QUIETS.test(event.name) && !/^(?:pm_|clk_|regulator_|cancel_|tasklet_)/.test(event.name)) return;
      if (written) return;
      const callee = driver.driver.lookUp(event.name, remove.source.file);
      if (callee !== undefined && driver.effects.gists.of(callee).quiets) return;
    }
  }
}

function destroyedBy(
  driver: IrqDriver,
  remove: ParsedFunction,
  event: CallEvent,
  uses: Uses,
): { object: SyntaxNode; use: Use } | undefined {
  const [object] = event.args;
  if (object === undefined) return undefined;
  const inner = bare(addressedBy(remove.text, object) ?? object);
  const key = inner.kind === 'field_expression' ? keyOf(driver.driver, remove, inner) : undefined;
  if (key === undefined || fieldName(key) === 'dev') return undefined;
  const use =
    uses.followed.get(key) ??
    (addressedBy(remove.text, object) === undefined ? undefined : uses.touched.get(key));
  return use === undefined ? undefined : { object, use };
}

function finding(
  request: Request,
  remove: ParsedFunction,
  event: CallEvent,
  object: SyntaxNode,
  use: Use,
): Finding {
  const requested = placeOf(request.fn, request.call.node);
  const handler = request.handlers[0]?.name ?? 'the handler';
  return {
    rule: managedLive.id,
    severity: severityOf(request),
    ...placeOf(remove, event.node),
    function: remove.name,
    lines: linesOf(remove.source),
    subject: `${handler} ${event.name} ${shown(remove, object)}`,
    message: `${event.name}(${shown(remove, object)}) while ${handler}(), which uses it, is still installed: devres frees the interrupt after ${remove.name}()`,
    related: [
      { ...requested, message: `${request.api}() installs it` },
      { ...placeOf(use.fn, use.node), message: `used here, in ${use.fn.name}()` },
    ],
  };
}
