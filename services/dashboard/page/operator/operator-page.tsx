import { useQueryPart } from '../ui/address.ts';
import { Frame, OwnFrame } from '../view/frame.tsx';
import { AttentionTable } from './attention-table.tsx';
import { ProductsTable } from './products-table.tsx';
import { ShopFiguresPanel } from './shop-figures-panel.tsx';
import '../ui/switch.css';
import './operator.css';

const views = [
  { view: '', words: 'Products' },
  { view: 'payments', words: 'Payments' },
] as const;

/** For who runs the shop. What an account may not do, the services refuse. */
export function OperatorPage() {
  return (
    <OwnFrame title="Operator" why="Log in to run the shop.">
      {(user) =>
        user.scopes.includes('products:write') ? (
          <Operator mayReadPayments={user.scopes.includes('payments:operate')} />
        ) : (
          <Frame title="Operator">
            <p className="card frame-empty">Your account does not run this shop.</p>
          </Frame>
        )
      }
    </OwnFrame>
  );
}

function Operator({ mayReadPayments }: { mayReadPayments: boolean }) {
  const [given, setView] = useQueryPart('view');
  const view = given === 'payments' && mayReadPayments ? given : '';
  return (
    <Frame
      title="Operator"
      actions={
        mayReadPayments && (
          <nav className="switch" aria-label="View">
            {views.map((one) => (
              <button
                key={one.view}
                type="button"
                aria-current={view === one.view ? 'page' : undefined}
                onClick={() => setView(one.view)}
              >
                {one.words}
              </button>
            ))}
          </nav>
        )
      }
    >
      <ShopFiguresPanel />
      {view === 'payments' ? <AttentionTable /> : <ProductsTable />}
    </Frame>
  );
}
